-- Purpose: bring the quarantine in line with what the fragments leave to it; what was mended leaves it.
-- Safe to repeat: yes.
with mended as (
    delete from apod.rejected
    where not exists (
        select 1
        from apod.staging_rejected
        where staging_rejected.date = rejected.date and staging_rejected.sha256 = rejected.sha256
    )
)

insert into apod.rejected (date, sha256, source, seen_at, reason, observation)
select
    date,
    sha256,
    source,
    seen_at,
    reason,
    observation
from apod.staging_rejected
on conflict (date, sha256) do nothing
