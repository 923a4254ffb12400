-- Purpose: make apod.origin equal to apod.staging_origin, writing only rows that differ. published_at stays where the
-- observation is the same. Safe to repeat: yes.
with removed as (
    delete from apod.origin
    where not exists (
        select 1
        from apod.staging_origin
        where staging_origin.date = origin.date
    )
)

insert into apod.origin as known (date, source, sha256, seen_at, rules, row_md5)
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
where
    origin.date is null
    or origin.row_md5 is null
    or (staging_origin.source, staging_origin.sha256, staging_origin.seen_at, staging_origin.rules)
    is distinct from (origin.source, origin.sha256, origin.seen_at, origin.rules)
on conflict (date) do update set
    source = excluded.source,
    sha256 = excluded.sha256,
    seen_at = excluded.seen_at,
    rules = excluded.rules,
    row_md5 = excluded.row_md5,
    published_at = case
        when
            (known.source, known.sha256, known.seen_at)
            is distinct from (excluded.source, excluded.sha256, excluded.seen_at)
            then now()
        else known.published_at
    end
