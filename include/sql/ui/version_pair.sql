-- Purpose: a version and the md5 of the one before it. Parameters: commit. Safe to repeat: yes, reads only.
select *
from (
    select
        version.*,
        lag(md5) over (order by committed_at, load_id) as md5_before
    from apod.version
) as version
where version_commit = %(commit)s
