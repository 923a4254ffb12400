-- Purpose: what the fragments say is to be in quarantine. Safe to repeat: yes.
create unlogged table if not exists apod.staging_rejected (
    date date not null,
    sha256 text not null,
    source text not null,
    seen_at timestamptz not null,
    reason text not null,
    observation text not null
)
