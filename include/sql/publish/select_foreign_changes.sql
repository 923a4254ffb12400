-- Purpose: of the days that a merge would change, those whose row is not what the last load left. Safe to repeat: yes,
-- reads only.
select picture.date
from apod.staging
inner join apod.picture
    on staging.date = picture.date and ({staging}) is distinct from ({picture})
inner join apod.origin on picture.date = origin.date
where origin.row_md5 <> md5(concat_ws(chr(31), {picture_marks}))
order by picture.date
