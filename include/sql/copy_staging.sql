-- Purpose: take fragments in, byte for byte as they are in the CSV. Safe to repeat: after truncate_staging.
copy apod.staging (
    date,
    title,
    explanation,
    media_type,
    url,
    hdurl,
    thumbnail_url,
    copyright,
    page_url
)
from stdin with (format csv, encoding 'UTF8')
