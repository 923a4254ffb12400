-- Purpose: the time now, also in a transaction that began earlier. Safe to repeat: yes, reads only.
select clock_timestamp()
