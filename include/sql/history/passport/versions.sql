-- Purpose: the versions that hold a day's row as it is now, oldest first. Parameters: date.
-- Safe to repeat: yes, reads only.
select
    version.version_commit,
    version.committed_at,
    version.md5
from apod.version
inner join apod.picture on version.load_id >= picture.load_id
where picture.date = %(date)s
order by version.committed_at
