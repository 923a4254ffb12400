-- Purpose: the newest picture. Safe to repeat: yes, reads only.
select *
from apod.picture
order by date desc
limit 1
