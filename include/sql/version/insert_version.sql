-- Purpose: record which commit holds a CSV, with the newest load of that md5. Parameters: commit, md5, run,
-- code_version, taken_at. Safe to repeat: yes.
insert into apod.version (version_commit, md5, load_id, run, code_version, taken_at)
select
    %(commit)s,
    load.md5,
    max(load.load_id),
    %(run)s,
    %(code_version)s,
    %(taken_at)s
from apod.load
where load.md5 = %(md5)s
group by load.md5
on conflict (version_commit) do nothing
