-- Purpose: which numbered statements of include/sql/schema this database has had. Safe to repeat: yes.
create table if not exists apod.schema_change (
    number integer primary key,
    name text not null,
    applied_at timestamptz not null default now()
)
