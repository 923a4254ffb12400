-- Purpose: the newest load says how many rows there are. Severity: fail. The count is in the commit and in the event,
-- and people check it. Safe to repeat: yes, reads only.
select
    count(*) as rows,
    max(picture.newest) as example
from (
    select
        count(*) as rows,
        max(date) as newest
    from apod.picture
) as picture
cross join (
    select row_count
    from apod.load
    order by load_id desc
    limit 1
) as load
where picture.rows <> load.row_count
