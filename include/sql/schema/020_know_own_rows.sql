-- Purpose: what the last load left in each row, as a digest of its values, so that a change by somebody else is told from
-- one of NASA's, also where both came before the same load. Null where a row is from before this. Safe to repeat: yes.
alter table apod.origin
add column if not exists row_md5 text
