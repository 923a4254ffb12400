-- Purpose: what the loads since the one with a given md5 did; null where no load had it.
-- Parameters: md5. Safe to repeat: yes, reads only.
with base as (
    select max(load_id) as load_id
    from apod.load
    where md5 = %(md5)s
)

select
    sum(load.added)::integer as added,
    sum(load.changed)::integer as changed,
    sum(load.removed)::integer as removed
from apod.load
inner join base on base.load_id < load.load_id
