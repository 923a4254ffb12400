-- Purpose: the fragment of each month that is staged. Safe to repeat: yes, reads only.
select
    month,
    key
from apod.staged
