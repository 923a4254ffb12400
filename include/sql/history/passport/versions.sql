-- Purpose: the versions that hold a day's row and observation as they are now, oldest first. Parameters: date.
-- Safe to repeat: yes, reads only.
select
    version.version_commit,
    version.committed_at,
    version.md5
from apod.version
inner join apod.picture on version.load_id >= picture.load_id
left join apod.origin using (date)
where
    picture.date = %(date)s
    and coalesce(version.taken_at, version.committed_at) >= coalesce(origin.published_at, '-infinity')
order by version.committed_at
