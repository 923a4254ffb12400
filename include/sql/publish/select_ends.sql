-- Purpose: the first and the last day of the table. Safe to repeat: yes, reads only.
select
    min(date) as first,
    max(date) as last
from apod.picture
