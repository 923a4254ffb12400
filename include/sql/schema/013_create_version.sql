-- Purpose: which commit holds which load: the way from the table to the repository. Safe to repeat: yes.
create table if not exists apod.version (
    version_commit text primary key,
    md5 text not null,
    load_id bigint not null,
    run text not null,
    code_version text not null,
    committed_at timestamptz not null default now()
)
