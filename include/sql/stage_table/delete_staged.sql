-- Purpose: remove the staged fragments of months that changed or are gone. Parameters: months. Safe to repeat: yes.
with staged as (
    delete from apod.staged
    where month = any(%(months)s)
),

span as (
    select
        to_date(month, 'YYYY-MM') as first,
        to_date(month, 'YYYY-MM') + interval '1 month' as behind
    from unnest(%(months)s::text []) as outdated (month)
),

origins as (
    delete from apod.staging_origin
    using span
    where staging_origin.date >= span.first and staging_origin.date < span.behind
),

rejections as (
    delete from apod.staging_rejected
    using span
    where staging_rejected.date >= span.first and staging_rejected.date < span.behind
)

delete from apod.staging
using span
where staging.date >= span.first and staging.date < span.behind
