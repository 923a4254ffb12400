-- Purpose: what a day's row said before, oldest first. Parameters: date. Safe to repeat: yes, reads only.
select
    correction.*,
    load.published_at
from apod.correction
left join apod.load using (load_id)
where correction.date = %(date)s
order by correction.correction_id
