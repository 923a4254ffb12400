-- Purpose: make apod.rejected equal to apod.staging_rejected: an observation that a later good one replaced leaves it.
-- Safe to repeat: yes.
with resolved as (
    delete from apod.rejected
    where not exists (
        select 1
        from apod.staging_rejected
        where staging_rejected.date = rejected.date and staging_rejected.sha256 = rejected.sha256
    )
)

insert into apod.rejected (date, source, sha256, seen_at, reason, observation)
select
    date,
    source,
    sha256,
    seen_at,
    reason,
    observation
from apod.staging_rejected
on conflict (date, sha256) do nothing
