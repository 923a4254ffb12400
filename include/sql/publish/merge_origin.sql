-- Purpose: make apod.origin equal to apod.staging_origin, writing only rows that differ. published_at stays where the
-- observation is the same. New rows are inserted and others updated, as an upsert of all takes half as long again.
-- Safe to repeat: yes.
with removed as (
    delete from apod.origin
    where not exists (
        select 1
        from apod.staging_origin
        where staging_origin.date = origin.date
    )
),

changed as (
    update apod.origin
    set
        source = staging_origin.source,
        sha256 = staging_origin.sha256,
        seen_at = staging_origin.seen_at,
        rules = staging_origin.rules,
        row_md5 = md5(concat_ws(chr(31), {staging_marks})),
        published_at = case
            when
                (origin.source, origin.sha256, origin.seen_at)
                is distinct from (staging_origin.source, staging_origin.sha256, staging_origin.seen_at)
                then now()
            else origin.published_at
        end
    from apod.staging_origin
    inner join apod.staging using (date)
    where
        staging_origin.date = origin.date
        and (
            origin.row_md5 is null
            or (staging_origin.source, staging_origin.sha256, staging_origin.seen_at, staging_origin.rules)
            is distinct from (origin.source, origin.sha256, origin.seen_at, origin.rules)
        )
)

insert into apod.origin (date, source, sha256, seen_at, rules, row_md5)
select
    staging_origin.date,
    staging_origin.source,
    staging_origin.sha256,
    staging_origin.seen_at,
    staging_origin.rules,
    md5(concat_ws(chr(31), {staging_marks}))
from apod.staging_origin
inner join apod.staging using (date)
left join apod.origin using (date)
where origin.date is null
