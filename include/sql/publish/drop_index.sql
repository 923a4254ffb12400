-- Purpose: take the index of words away while many rows come, which would go into it one by one; index/create_index makes
-- it again when they are visible. Safe to repeat: yes.
drop index if exists apod.picture_words
