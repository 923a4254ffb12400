-- Purpose: how many values NASA was seen to have changed, by month. Safe to repeat: yes, reads only.
select
    to_char(load.published_at, 'YYYY-MM') as month,
    count(*) as edits
from apod.correction
inner join apod.load using (load_id)
where correction.cause = 'nasa'
group by to_char(load.published_at, 'YYYY-MM')
order by month
