-- Purpose: what a merge would do: rows there now, added, changed and removed, with the first date of each
-- kind. Safe to repeat: yes, reads only.
with compared as (
    select
        coalesce(staging.date, picture.date) as date,
        picture.date is not null as existing,
        picture.date is null as added,
        staging.date is null as removed,
        staging.date = picture.date and (
            staging.title,
            staging.explanation,
            staging.media_type,
            staging.url,
            staging.hdurl,
            staging.thumbnail_url,
            staging.copyright,
            staging.page_url
        ) is distinct from (
            picture.title,
            picture.explanation,
            picture.media_type,
            picture.url,
            picture.hdurl,
            picture.thumbnail_url,
            picture.copyright,
            picture.page_url
        ) as changed
    from apod.staging
    full join apod.picture using (date)
)

select
    count(*) filter (where existing) as existing,
    count(*) filter (where added) as added,
    count(*) filter (where changed) as changed,
    count(*) filter (where removed) as removed,
    min(date) filter (where changed) as first_changed,
    min(date) filter (where removed) as first_removed,
    min(date) filter (where not removed) as first_date,
    max(date) filter (where not removed) as last_date
from compared
