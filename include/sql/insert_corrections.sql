-- Purpose: keep what is about to be changed, field by field, before merge_picture changes it, with the reason. Whole rows
-- are compared first: taking all of them apart costs three times as much.
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
    on
        staging.date = picture.date
        and (
            staging.title,
            staging.explanation,
            staging.media_type,
            staging.url,
            staging.hdurl,
            staging.thumbnail_url,
            staging.copyright,
            staging.page_url
        ) is distinct from (
            picture.title,
            picture.explanation,
            picture.media_type,
            picture.url,
            picture.hdurl,
            picture.thumbnail_url,
            picture.copyright,
            picture.page_url
        )
inner join apod.staging_origin on staging.date = staging_origin.date
left join apod.origin on staging.date = origin.date
cross join lateral (
    values
    ('title', picture.title, staging.title),
    ('explanation', picture.explanation, staging.explanation),
    ('media_type', picture.media_type, staging.media_type),
    ('url', picture.url, staging.url),
    ('hdurl', picture.hdurl, staging.hdurl),
    ('thumbnail_url', picture.thumbnail_url, staging.thumbnail_url),
    ('copyright', picture.copyright, staging.copyright),
    ('page_url', picture.page_url, staging.page_url)
) as value (field, before, after)
where value.before is distinct from value.after
order by
    staging.date,
    value.field
