-- Purpose: bring apod.picture in line with apod.staging. The left join keeps unchanged rows out of the upsert,
-- which would lock each of them and write 13 MB of WAL for nothing. Parameters: load_id. Safe to repeat: yes.
insert into apod.picture
select
    staging.*,
    %(load_id)s
from apod.staging
left join apod.picture using (date)
where
    picture.date is null
    or (
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
    )
on conflict (date) do update set
    title = excluded.title,
    explanation = excluded.explanation,
    media_type = excluded.media_type,
    url = excluded.url,
    hdurl = excluded.hdurl,
    thumbnail_url = excluded.thumbnail_url,
    copyright = excluded.copyright,
    page_url = excluded.page_url,
    load_id = excluded.load_id
