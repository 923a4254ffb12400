-- Purpose: delete the rows of days that the raw store no longer has; publish asks a person first. Safe to repeat: yes.
delete from apod.picture
where not exists (
    select 1
    from apod.staging
    where staging.date = picture.date
)
