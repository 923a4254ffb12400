-- Purpose: one publisher at a time, over the commit and the rename of the CSV. Held until the transaction ends.
-- Safe to repeat: yes.
select pg_advisory_xact_lock(hashtextextended('apod.publish', 0))
