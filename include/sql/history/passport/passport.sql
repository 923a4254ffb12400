-- Purpose: where a day's row comes from. Parameters: date. Safe to repeat: yes, reads only.
select *
from apod.passport
where date = %(date)s
