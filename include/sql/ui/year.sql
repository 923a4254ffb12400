-- Purpose: the pictures of some days in their order. Parameters: first, last. Safe to repeat: yes, reads only.
select
    date,
    to_char(date, 'YYYY-MM') as month,
    title,
    media_type,
    url,
    thumbnail_url
from apod.picture
where date between %(first)s and %(last)s
order by date
