-- Purpose: take in what fragments leave to quarantine. Safe to repeat: after delete_staged.
copy apod.staging_rejected (date, sha256, source, seen_at, reason, observation)
from stdin with (format csv, encoding 'UTF8')
