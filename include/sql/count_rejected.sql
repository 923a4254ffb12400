-- Purpose: how many observations are in quarantine, and the newest day of one. Safe to repeat: yes, reads only.
select
    count(*) as found,
    max(date) as newest
from apod.rejected
