-- Purpose: an image has url and hdurl, a video a url only, anything else neither. Severity: warn. It was so of all of
-- 11,382 records, but it is the service's habit and not its promise. Safe to repeat: yes, reads only.
select
    count(*) as rows,
    min(date) as example
from apod.picture
where case media_type
    when 'image' then url is null or hdurl is null
    when 'video' then url is null or hdurl is not null
    else url is not null or hdurl is not null
end
