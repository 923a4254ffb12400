-- Purpose: whether the index of words is there. Safe to repeat: yes.
select to_regclass('apod.picture_words') is not null
