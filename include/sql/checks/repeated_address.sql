-- Purpose: an address that stands on many days: a stock picture that was taken for the day's own. Severity: warn. Of the
-- real archive of 1995-2023 no picture stands on more than five days. Safe to repeat: yes, reads only.
select
    coalesce(sum(days), 0)::bigint as rows,
    min(url) as example
from (
    select
        address.url,
        count(*) as days
    from (
        select
            -- each address of a day once: counting distinct days would sort all of them
            unnest(array[url, nullif(hdurl, url), nullif(nullif(thumbnail_url, url), hdurl)]) as url
        from apod.picture
    ) as address
    where address.url is not null
    group by address.url
    having count(*) > 7
) as repeated
