-- Purpose: make apod.origin equal to apod.staging_origin, writing only rows that differ. published_at stays where the
-- observation is the same. New rows are inserted and others updated, as an upsert of all takes half as long again. Both
-- tables are compared once. The lists of days are for the planner, which expects all of them without.
-- Safe to repeat: yes.
with due as materialized (
    select
        staging_origin.*,
        origin.date as existing
    from apod.staging_origin
    full join apod.origin on staging_origin.date = origin.date
    where
        (
            staging_origin.source,
            staging_origin.sha256,
            staging_origin.seen_at,
            staging_origin.rules,
            staging_origin.row_md5
        ) is distinct from (origin.source, origin.sha256, origin.seen_at, origin.rules, origin.row_md5)
),

removed as (
    delete from apod.origin
    where date = any(array(select existing from due where date is null))
),

changed as (
    update apod.origin
    set
        source = due.source,
        sha256 = due.sha256,
        seen_at = due.seen_at,
        rules = due.rules,
        row_md5 = due.row_md5,
        published_at = case
            when (origin.source, origin.sha256, origin.seen_at) is distinct from (due.source, due.sha256, due.seen_at)
                then now()
            else origin.published_at
        end
    from due
    where origin.date = due.date and origin.date = any(array(select existing from due))
)

insert into apod.origin (date, source, sha256, seen_at, rules, row_md5)
select
    date,
    source,
    sha256,
    seen_at,
    rules,
    row_md5
from due
where existing is null
