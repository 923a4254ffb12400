-- Purpose: load the rejected observations of fragments. Safe to repeat: after delete_staged.
copy apod.staging_rejected (date, source, sha256, seen_at, reason, observation)
from stdin with (format csv, encoding 'UTF8')
