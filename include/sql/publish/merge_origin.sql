-- Purpose: make apod.origin equal to apod.staging_origin, writing only rows that differ. Safe to repeat: yes.
with removed as (
    delete from apod.origin
    where not exists (
        select 1
        from apod.staging_origin
        where staging_origin.date = origin.date
    )
)

insert into apod.origin (date, source, sha256, seen_at, rules)
select
    staging_origin.date,
    staging_origin.source,
    staging_origin.sha256,
    staging_origin.seen_at,
    staging_origin.rules
from apod.staging_origin
left join apod.origin using (date)
where
    origin.date is null
    or (staging_origin.source, staging_origin.sha256, staging_origin.seen_at, staging_origin.rules)
    is distinct from (origin.source, origin.sha256, origin.seen_at, origin.rules)
on conflict (date) do update set
    source = excluded.source,
    sha256 = excluded.sha256,
    seen_at = excluded.seen_at,
    rules = excluded.rules,
    published_at = now()
