-- Purpose: the corrections of some loads, in the order in which they were made. Parameters: loads.
-- Safe to repeat: yes, reads only.
select
    date,
    field,
    before,
    after
from apod.correction
where load_id = any(%(loads)s)
order by correction_id
