-- Purpose: one migration at a time, until the transaction ends. Safe to repeat: yes.
select pg_advisory_xact_lock(hashtextextended('apod.schema', 0))
