-- Purpose: whether the words of the archive are in an index; null where there is no table yet. Safe to repeat: yes, reads
-- only.
select
    case
        when to_regclass('apod.picture') is not null then to_regclass('apod.picture_words') is not null
    end as has_index
