-- Purpose: whether the newest load has an md5 that no version holds yet. Safe to repeat: yes, reads only.
select not exists (
    select 1
    from apod.version
    where version.md5 = load.md5
) as due
from apod.load
order by load.load_id desc
limit 1
