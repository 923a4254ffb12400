-- Purpose: which days a load added to the archive and which it removed; with apod.correction that is a ledger of every
-- change between two loads. Days of rows that were only mended are not in it. Safe to repeat: yes.
alter table apod.load
add column if not exists added_days date [],
add column if not exists removed_days date []
