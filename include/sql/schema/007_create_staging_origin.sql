-- Purpose: the origins of the rows in apod.staging. Safe to repeat: yes.
create unlogged table if not exists apod.staging_origin (
    date date primary key,
    source text not null,
    sha256 text not null,
    seen_at timestamptz not null,
    rules text not null
)
