-- Purpose: the newest pictures. Parameters: most. Safe to repeat: yes, reads only.
select *
from apod.picture
order by date desc
limit %(most)s
