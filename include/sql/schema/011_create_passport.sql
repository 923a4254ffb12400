-- Purpose: a row's way: from the observation in the raw store to the load that published it and the md5 that it was
-- proven with. Safe to repeat: yes.
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
    load.md5
from apod.picture
left join apod.origin using (date)
left join apod.load using (load_id)
