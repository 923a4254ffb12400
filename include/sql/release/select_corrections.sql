-- Purpose: what NASA changed, newest first, with the first version that holds it. Parameters: load_id, of the version that is
-- released; most. Safe to repeat: yes, reads only.
select
    correction.date,
    correction.field,
    correction.before,
    correction.after,
    correction.before_sha256,
    correction.after_sha256,
    version.version_commit as commit,
    version.committed_at
from apod.correction
inner join lateral (
    select
        held.version_commit,
        held.committed_at
    from apod.version as held
    where held.load_id >= correction.load_id
    order by held.load_id, held.committed_at
    limit 1
) as version on true
where correction.cause = 'nasa' and correction.load_id <= %(load_id)s
order by correction.correction_id desc
limit %(most)s
