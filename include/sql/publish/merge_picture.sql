-- Purpose: upsert the rows of apod.staging that differ from apod.picture. The left join keeps unchanged rows out of the
-- upsert, which would lock each of them and write 13 MB of WAL. Parameters: load_id; days, those that differ, or null.
-- Safe to repeat: yes.
insert into apod.picture (date, {values}, load_id)
select
    staging.date,
    {staging},
    %(load_id)s
from apod.staging
left join apod.picture using (date)
where
    (%(days)s::date[] is null or staging.date = any(%(days)s::date[]))
    and (picture.date is null or ({staging}) is distinct from ({picture}))
on conflict (date) do update set
    {assignments},
    load_id = excluded.load_id
