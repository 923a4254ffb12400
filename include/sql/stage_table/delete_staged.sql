-- Purpose: remove the staged fragments of months that changed or are gone. Parameters: months. Safe to repeat: yes.
with staged as (
    delete from apod.staged
    where month = any(%(months)s)
),

span as (
    select generate_series(
        to_date(month, 'YYYY-MM'),
        to_date(month, 'YYYY-MM') + interval '1 month - 1 day',
        '1 day'
    )::date as day
    from unnest(%(months)s::text []) as outdated (month)
),

origins as (
    delete from apod.staging_origin
    where date = any(array(select day from span))
),

rejections as (
    delete from apod.staging_rejected
    where date = any(array(select day from span))
)

delete from apod.staging
where date = any(array(select day from span))
