-- Purpose: what the clean fragments say, before it is proven. Unlogged: the next stage_table fills it anew.
-- Safe to repeat: yes.
create unlogged table if not exists apod.staging (
    date date primary key,
    title text,
    explanation text,
    media_type text,
    url text,
    hdurl text,
    thumbnail_url text,
    copyright text,
    page_url text
)
