-- Purpose: what a merge would do: rows there now, added, changed and removed, with the days of the latter two that are
-- no repair. A repair is where the table is not what the last load left: the day's origin is the staged one, yet its row
-- differs or is gone; or a row has no origin at all. A row that is read from another source, or by other rules, is no
-- change of NASA's either: the ledger has its cause, and an archive may move to another source at once. Parameters: days, to compare
-- no others, or null; most, of the days that are listed. Safe to repeat: yes, reads only.
with differing as (
    select
        coalesce(staging.date, picture.date) as date,
        picture.date is null as added,
        staging.date is null as removed,
        staging.date = picture.date as changed
    from (
        select *
        from apod.staging
        where (%(days)s::date[] is null or date = any(%(days)s::date[]))
    ) as staging
    full join (
        select *
        from apod.picture
        where (%(days)s::date[] is null or date = any(%(days)s::date[]))
    ) as picture using (date)
    where
        staging.date is null
        or picture.date is null
        or ({staging}) is distinct from ({picture})
),

judged as (
    select
        differing.*,
        case
            when differing.removed then origin.date is null and exists (select 1 from apod.origin)
            else (origin.sha256, origin.rules) = (staging_origin.sha256, staging_origin.rules)
        end is true as repair,
        (origin.source, origin.rules) is distinct from (staging_origin.source, staging_origin.rules) as reread
    from differing
    left join (
        select *
        from apod.origin
        where (%(days)s::date[] is null or date = any(%(days)s::date[]))
    ) as origin using (date)
    left join (
        select *
        from apod.staging_origin
        where (%(days)s::date[] is null or date = any(%(days)s::date[]))
    ) as staging_origin using (date)
)

select
    (select count(*) from apod.picture) as existing,
    count(*) filter (where added) as added,
    count(*) filter (where changed) as changed,
    count(*) filter (where removed) as removed,
    count(*) filter (where repair) as repaired,
    coalesce(array_agg(date order by date) filter (where changed and not repair and not reread), '{}') as changed_days,
    coalesce(array_agg(date order by date) filter (where removed and not repair), '{}') as removed_days,
    case
        when count(*) filter (where added or changed) <= %(most)s
            then coalesce(array_agg(date order by date) filter (where added or changed), '{}')
    end as differing_days,
    %(days)s::date[] as compared_days
from judged
