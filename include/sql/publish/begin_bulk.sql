-- Purpose: take away what many rows would go through one by one: the index of words, which index/create_index makes again
-- when they are visible, and the reference to apod.load, which is a third of the time of insert_added and which end_bulk checks for
-- all of them at once. Safe to repeat: yes.
drop index if exists apod.picture_words;
alter table apod.picture
drop constraint if exists picture_load_id_fkey
