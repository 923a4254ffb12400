-- Purpose: keep the values that merge_picture is about to change, field by field, with the cause. Whole rows are compared
-- first: taking all of them apart costs three times as much.
-- Parameters: load_id. Safe to repeat: once a load.
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
    staging.date,
    value.field,
    value.before,
    value.after,
    case
        when origin.sha256 is null then 'repair'
        when origin.source <> staging_origin.source then 'source'
        when origin.sha256 <> staging_origin.sha256 then 'nasa'
        when origin.rules <> staging_origin.rules then 'rules'
        else 'repair'
    end as cause,
    origin.source,
    staging_origin.source,
    origin.sha256,
    staging_origin.sha256
from apod.staging
inner join apod.picture
    on staging.date = picture.date and ({staging}) is distinct from ({picture})
inner join apod.staging_origin on staging.date = staging_origin.date
left join apod.origin on staging.date = origin.date
cross join lateral (
    values {pairs}
) as value (field, before, after)
where value.before is distinct from value.after
order by
    staging.date,
    value.field
