-- Purpose: of the days that a merge would change, those whose row is not what the last load left. Parameters: days,
-- those that differ, or null. Safe to repeat: yes, reads only.
select picture.date
from apod.staging
inner join apod.picture
    on staging.date = picture.date and ({staging}) is distinct from ({picture})
inner join apod.origin on picture.date = origin.date
where
    (%(days)s::date[] is null or staging.date = any(%(days)s::date[]))
    and origin.row_md5 <> {picture_md5}
order by picture.date
