-- Purpose: a row's way, as in 014, to the first commit that holds its observation, too. Safe to repeat: yes.
create or replace view apod.passport as
select
    picture.date,
    picture.title,
    origin.source,
    origin.sha256 as raw_sha256,
    origin.seen_at,
    origin.rules,
    load.load_id,
    load.run,
    load.code_version,
    load.published_at,
    load.md5,
    version.version_commit,
    version.committed_at
from apod.picture
left join apod.origin using (date)
left join apod.load using (load_id)
left join lateral (
    select
        held.version_commit,
        held.committed_at
    from apod.version as held
    where
        held.load_id >= picture.load_id
        and coalesce(held.taken_at, held.committed_at) >= coalesce(origin.published_at, '-infinity')
    order by held.load_id, held.committed_at
    limit 1
) as version on true
