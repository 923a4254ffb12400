-- Purpose: no statement of this transaction waits longer for somebody else's lock.
-- Parameters: limit, e.g. 300s
-- Safe to repeat: yes.
select set_config('lock_timeout', %(limit)s, true)
