-- Purpose: which version holds an observation: a row may stay as it is while NASA's words of it change, and then the load
-- does not tell. published_at is when an origin was last changed; taken_at when a version's files were, under
-- publish's lock. Safe to repeat: yes.
do $$
begin
    alter table apod.origin
    add column if not exists published_at timestamptz not null default '-infinity';
    alter table apod.origin
    alter column published_at set default now();
    alter table apod.version
    add column if not exists taken_at timestamptz;
end
$$
