-- Purpose: where each row of apod.picture comes from: the observation in the raw store, and the version of our own
-- rules. Safe to repeat: yes.
create table if not exists apod.origin (
    date date primary key,
    source text not null,
    sha256 text not null,
    seen_at timestamptz not null,
    rules text not null
)
