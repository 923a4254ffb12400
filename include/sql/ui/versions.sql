-- Purpose: the versions, newest first, with what changed since the one before. Parameters: most, skipped.
-- Safe to repeat: yes, reads only.
select
    version.version_commit,
    version.md5,
    version.run,
    version.code_version,
    version.committed_at,
    load.row_count,
    since.added,
    since.changed,
    since.removed
from (
    select
        version.*,
        lag(load_id, 1, 0::bigint) over (order by committed_at, load_id) as before_id
    from apod.version
) as version
left join apod.load using (load_id)
left join lateral (
    select
        sum(load.added) as added,
        sum(load.changed) as changed,
        sum(load.removed) as removed
    from apod.load
    where load.load_id > version.before_id and load.load_id <= version.load_id
) as since on true
order by version.committed_at desc, version.load_id desc
limit %(most)s offset %(skipped)s
