-- Purpose: load the CSV of a version; its schema's name replaces ours. Safe to repeat: no, once a schema.
copy apod.picture ({columns})
from stdin with (format csv, header match, encoding 'UTF8')
