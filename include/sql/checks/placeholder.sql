-- Purpose: NASA's logo in the place of a picture. Severity: fail. Ingest refuses it; a raw store that was filled by
-- something else may hold it, and 11,000 logos must not become a version. Safe to repeat: yes, reads only.
select
    count(*) as rows,
    min(date) as example
from apod.picture
where title = 'NASA Science' or strpos(url, 'nasa-logo') > 0
