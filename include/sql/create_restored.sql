-- Purpose: the table of a version; its schema's name is put in the place of ours. Safe to repeat: no, once a schema.
create table apod.picture (
    date date primary key,
    title text not null,
    explanation text,
    media_type text not null,
    url text,
    hdurl text,
    thumbnail_url text,
    copyright text,
    page_url text not null
)
