-- Purpose: keep publish from showing another CSV until the transaction ends; others may look as well.
-- Safe to repeat: yes.
select pg_advisory_xact_lock_shared(hashtextextended('apod.publish', 0))
