-- Purpose: every day that the database knows of, and what it is: held, corrected by NASA, or only in quarantine.
-- Safe to repeat: yes, reads only.
select
    picture.date,
    case when corrected.date is null then 'held' else 'corrected' end as state
from apod.picture
left join (
    select distinct date
    from apod.correction
    where cause = 'nasa'
) as corrected using (date)
union all
select distinct
    rejected.date,
    'unreadable' as state
from apod.rejected
left join apod.picture using (date)
where picture.date is null
order by date
