-- Purpose: delete the rows of days that the raw store no longer has; publish asks a person first. Parameters: compared, the
-- days that were looked at, or null for all. Safe to repeat: yes.
delete from apod.picture
where
    (%(compared)s::date[] is null or picture.date = any(%(compared)s::date[]))
    and not exists (
        select 1
        from apod.staging
        where staging.date = picture.date
    )
