-- Purpose: keep the values that update_changed is about to change, field by field, with the cause. Whole rows are compared
-- first: taking all of them apart costs three times as much. Where somebody else has changed a row since the last load,
-- his change is undone (`repair`), and what is new is told from the last load on: `last_rows` has what that load left. Where
-- that is not known, all of the row is a repair.
-- Parameters: load_id; foreign_days; last_rows, a JSON list of rows; days, those that differ, or null. Safe to repeat:
-- once a load.
with last_row as (
    select *
    from jsonb_to_recordset(%(last_rows)s::jsonb) as known ({record})
),

value_of as (
    select
        staging.date,
        value.field,
        value.found,
        value.after,
        staging.date = any(%(foreign_days)s) as is_foreign,
        last_row.date is not null as is_known,
        case when last_row.date is null then value.found else value.left_so end as left_so,
        case
            when origin.sha256 is null then 'repair'
            when origin.source <> staging_origin.source then 'source'
            when origin.sha256 <> staging_origin.sha256 then 'nasa'
            when origin.rules <> staging_origin.rules then 'rules'
            else 'repair'
        end as cause,
        origin.source as before_source,
        staging_origin.source as after_source,
        origin.sha256 as before_sha256,
        staging_origin.sha256 as after_sha256
    from apod.staging
    inner join apod.picture
        on staging.date = picture.date and ({staging}) is distinct from ({picture})
    inner join apod.staging_origin on staging.date = staging_origin.date
    left join apod.origin on staging.date = origin.date
    left join last_row on staging.date = last_row.date
    cross join lateral (
        values {triples}
    ) as value (field, found, after, left_so)
    where (%(days)s::date[] is null or staging.date = any(%(days)s::date[]))
),

change as (
    select
        value_of.*,
        1 as step,
        found as before,
        case when is_known then left_so else after end as now,
        'repair' as why
    from value_of
    where is_foreign
    union all
    select
        value_of.*,
        2 as step,
        left_so as before,
        after as now,
        cause as why
    from value_of
    where is_known or not is_foreign
)

insert into apod.correction (
    load_id,
    date,
    field,
    before,
    after,
    cause,
    before_source,
    after_source,
    before_sha256,
    after_sha256
)
select
    %(load_id)s,
    date,
    field,
    before,
    now,
    why,
    before_source,
    after_source,
    before_sha256,
    after_sha256
from change
where before is distinct from now
order by
    date,
    field,
    step
