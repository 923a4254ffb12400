-- Purpose: what the loads after the one with md5 `before`, up to the newest with md5 `after`, did, oldest first;
-- no rows where a load is not known. `complete` says that the days and corrections of the load are all that it did: nothing
-- was repaired. Parameters: before, after. Safe to repeat: yes, reads only.
with span as (
    select
        max(load_id) filter (where md5 = %(before)s) as first,
        max(load_id) filter (where md5 = %(after)s) as last
    from apod.load
)

select
    load.load_id,
    load.added = coalesce(cardinality(load.added_days), 0)
    and load.removed = coalesce(cardinality(load.removed_days), 0)
    and not exists (
        select 1
        from apod.correction
        where correction.load_id = load.load_id and correction.cause = 'repair'
    ) as complete,
    coalesce(load.added_days, '{}') as added_days,
    coalesce(load.removed_days, '{}') as removed_days
from apod.load
inner join span on span.first < load.load_id and span.last >= load.load_id
order by load.load_id
