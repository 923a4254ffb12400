-- Purpose: days before the first picture. Severity: fail. A wrong century would otherwise stand in the archive for
-- ever: nothing ever asks for such a day again. Safe to repeat: yes, reads only.
select
    count(*) as rows,
    min(date) as example
from apod.picture
where date < '1995-06-16'
