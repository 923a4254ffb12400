-- Purpose: texts far longer than any of 1995-2026. Severity: warn. A page's whole text in one field has happened, and a
-- long text may be right. Safe to repeat: yes, reads only.
select
    count(*) as rows,
    min(date) as example
from apod.picture
where
    -- bytes need not be counted
    (octet_length(title) > 160 and length(title) > 160)
    or (octet_length(explanation) > 4000 and length(explanation) > 4000)
    or (octet_length(copyright) > 400 and length(copyright) > 400)
    or (octet_length(url) > 400 and length(url) > 400)
    or (octet_length(hdurl) > 400 and length(hdurl) > 400)
    or (octet_length(thumbnail_url) > 400 and length(thumbnail_url) > 400)
