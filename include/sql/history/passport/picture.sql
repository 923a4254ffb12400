-- Purpose: a day's row. Parameters: date. Safe to repeat: yes, reads only.
select *
from apod.picture
where date = %(date)s
