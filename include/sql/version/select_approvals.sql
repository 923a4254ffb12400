-- Purpose: who let loads through a guard, after the load of one CSV and up to that of another. Parameters: before, after,
-- the md5 of each. Safe to repeat: yes, reads only.
select distinct approved_by
from apod.load
where
    approved_by is not null
    and load_id > coalesce((select max(load_id) from apod.load where md5 = %(before)s), 0)
    and load_id <= (select max(load_id) from apod.load where md5 = %(after)s)
order by approved_by
