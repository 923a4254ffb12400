-- Purpose: the newest published load. Safe to repeat: yes, reads only.
select
    load_id,
    md5,
    run
from apod.load
order by load_id desc
limit 1
