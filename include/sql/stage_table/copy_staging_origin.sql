-- Purpose: load the origins of fragments. Safe to repeat: after delete_staged.
copy apod.staging_origin (date, source, sha256, seen_at, rules, row_md5)
from stdin with (format csv, encoding 'UTF8')
