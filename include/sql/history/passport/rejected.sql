-- Purpose: a day's observations in quarantine. Parameters: date. Safe to repeat: yes, reads only.
select *
from apod.rejected
where date = %(date)s
order by seen_at
