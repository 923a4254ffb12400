-- Purpose: who let a load through that a guard had stopped: a person, or a run parameter. Null where no guard had.
-- Safe to repeat: yes.
alter table apod.load
add column if not exists approved_by text
