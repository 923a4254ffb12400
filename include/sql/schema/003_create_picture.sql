-- Purpose: the archive, one row a day, and the load that last touched the row. Text has no length limit: real
-- copyrights run to 1,320 characters. Safe to repeat: yes.
create table if not exists apod.picture (
    date date primary key,
    title text not null,
    explanation text,
    media_type text not null check (media_type in ('image', 'video', 'other')),
    url text,
    hdurl text,
    thumbnail_url text,
    copyright text,
    page_url text not null,
    load_id bigint not null references apod.load
)
