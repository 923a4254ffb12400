-- Purpose: take the CSV of a version in; its schema's name is put in the place of ours. Safe to repeat: no, once a schema.
copy apod.picture
from stdin with (format csv, header match, encoding 'UTF8')
