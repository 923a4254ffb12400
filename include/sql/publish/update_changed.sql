-- Purpose: the rows of apod.picture that differ from apod.staging; the others are not touched, which would write 13 MB of WAL.
-- Parameters: load_id; days, those that differ, or null. Safe to repeat: yes.
update apod.picture
set
    {assignments},
    load_id = %(load_id)s
from apod.staging
where
    staging.date = picture.date
    and (%(days)s::date[] is null or staging.date = any(%(days)s::date[]))
    and ({staging}) is distinct from ({picture})
