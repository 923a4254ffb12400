-- Purpose: the newest picture's date and title. Safe to repeat: yes, reads only.
select
    date,
    title
from apod.picture
order by date desc
limit 1
