-- Purpose: remove the staged fragments of months that changed or are gone. Parameters: months. Safe to repeat: yes.
with staged as (
    delete from apod.staged
    where month = any(%(months)s)
),

origins as (
    delete from apod.staging_origin
    where to_char(date, 'YYYY-MM') = any(%(months)s)
),

rejections as (
    delete from apod.staging_rejected
    where to_char(date, 'YYYY-MM') = any(%(months)s)
)

delete from apod.staging
where to_char(date, 'YYYY-MM') = any(%(months)s)
