-- Purpose: an address that stands on many days: a stock picture that was taken for the day's own. Severity: warn. Of the
-- real archive of 1995-2023 no picture stands on more than five days. Safe to repeat: yes, reads only.
with repeated as (
    select
        address,
        count(*) as days
    from (
        -- each address of a day once: counting distinct days would sort all of them
        select unnest(array[url, nullif(hdurl, url), nullif(nullif(thumbnail_url, url), hdurl)]) as address
        from apod.picture
    ) as of_a_day
    where address is not null
    group by address
    having count(*) > 7
)

select
    coalesce(sum(days), 0)::bigint as rows,
    case
        when count(*) > 0
            then (
                select min(picture.date)
                from apod.picture
                inner join repeated on repeated.address in (picture.url, picture.hdurl, picture.thumbnail_url)
            )
    end as example
from repeated
