-- Purpose: some days as they are and as they would be, to show a person. Parameters: days. Safe to repeat: yes, reads only.
select
    picture.date,
    to_jsonb(picture) as found,
    to_jsonb(staging) as staged
from apod.picture
left join apod.staging using (date)
where picture.date = any(%(days)s::date[])
order by picture.date
