-- Purpose: the rows that apod.picture lacks. Parameters: load_id; days, those that differ, or null. Safe to repeat: yes.
insert into apod.picture (date, {values}, load_id)
select
    staging.date,
    {staging},
    %(load_id)s
from apod.staging
left join apod.picture using (date)
where
    (%(days)s::date[] is null or staging.date = any(%(days)s::date[]))
    and picture.date is null
