-- Purpose: one publisher at a time, over the commit and the rename of the CSV. Held until the connection closes.
-- Safe to repeat: yes.
select pg_advisory_lock(hashtextextended('apod.publish', 0))
