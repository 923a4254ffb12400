-- Purpose: how many observations are in quarantine. Safe to repeat: yes, reads only.
select count(*)
from apod.rejected
