-- Purpose: how many observations are in quarantine, and how many days are unreadable: have nothing but these.
-- Safe to repeat: yes, reads only.
select
    count(*) as observations,
    count(distinct rejected.date) filter (where picture.date is null) as unreadable
from apod.rejected
left join apod.picture using (date)
