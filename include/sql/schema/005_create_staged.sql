-- Purpose: which fragment of each month stands in the staging tables; unlogged as they are, so that a crash of the
-- server empties all of them together. Safe to repeat: yes.
create unlogged table if not exists apod.staged (
    month text primary key,
    key text not null
)
