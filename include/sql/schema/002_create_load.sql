-- Purpose: one row per published load; what anyone needs to check the three md5.
-- Safe to repeat: yes.
create table if not exists apod.load (
    load_id bigint generated always as identity primary key,
    run text not null,
    code_version text not null,
    added integer not null,
    changed integer not null,
    removed integer not null,
    row_count integer not null,
    md5 text not null,
    published_at timestamptz not null default now()
)
