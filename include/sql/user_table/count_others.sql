-- Purpose: how many rows of a user's table are of days that apod.picture lacks. Placeholders: table; day, our date in its
-- type. Safe to repeat: yes, reads only.
select count(*)
from {table} as theirs
where not exists (
    select 1
    from apod.picture
    where {day} = theirs.date
)
