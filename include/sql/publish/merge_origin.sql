-- Purpose: make apod.origin equal to apod.staging_origin, writing only rows that differ. published_at stays where the
-- observation is the same. New rows are inserted and others updated, as an upsert of all takes half as long again. Where
-- there are few, the list of them is for the planner: without statistics it expects all.
-- Parameters: days, the rows that differ, or null for many. Safe to repeat: yes.
with removed as (
    delete from apod.origin
    where not exists (
        select 1
        from apod.staging_origin
        where staging_origin.date = origin.date
    )
),

due as materialized (
    select
        staging_origin.*,
        origin.date is null as added
    from apod.staging_origin
    left join apod.origin using (date)
    where
        origin.date is null
        or origin.row_md5 is null
        or (staging_origin.source, staging_origin.sha256, staging_origin.seen_at, staging_origin.rules)
        is distinct from (origin.source, origin.sha256, origin.seen_at, origin.rules)
),

changed as (
    update apod.origin
    set
        source = due.source,
        sha256 = due.sha256,
        seen_at = due.seen_at,
        rules = due.rules,
        row_md5 = md5(concat_ws(chr(31), {staging_marks})),
        published_at = case
            when (origin.source, origin.sha256, origin.seen_at) is distinct from (due.source, due.sha256, due.seen_at)
                then now()
            else origin.published_at
        end
    from due
    inner join apod.staging using (date)
    where
        origin.date = due.date
        and not due.added
        and (%(days)s::date[] is null or staging.date = any(array(select due.date from due)))
)

insert into apod.origin (date, source, sha256, seen_at, rules, row_md5)
select
    due.date,
    due.source,
    due.sha256,
    due.seen_at,
    due.rules,
    md5(concat_ws(chr(31), {staging_marks}))
from due
inner join apod.staging using (date)
where due.added and (%(days)s::date[] is null or staging.date = any(array(select due.date from due)))
