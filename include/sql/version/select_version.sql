-- Purpose: the commit of the version that a run made of a CSV. Parameters: md5, run. Safe to repeat: yes, reads only.
select version_commit
from apod.version
where md5 = %(md5)s and run = %(run)s
order by committed_at desc
limit 1
