-- Purpose: that the session which holds the lock of publish is still there.
-- Safe to repeat: yes.
select 1
