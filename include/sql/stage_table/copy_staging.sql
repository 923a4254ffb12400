-- Purpose: load the rows of fragments into the staging table, byte for byte as they are in the CSV.
-- Safe to repeat: after delete_staged.
copy apod.staging ({columns})
from stdin with (format csv, encoding 'UTF8')
