-- Purpose: texts far longer than any of 1995-2026. Severity: warn. A page's whole text in one field has happened, and a
-- long text may be right. Safe to repeat: yes, reads only.
select
    count(*) as rows,
    min(date) as example
from apod.picture
where
    length(title) > 160
    or (octet_length(explanation) > 4000 and length(explanation) > 4000) -- bytes need not be counted
    or length(copyright) > 400
    or greatest(length(url), length(hdurl), length(thumbnail_url)) > 400
