-- Purpose: how many pictures the archive has up to the end of each year. Safe to repeat: yes, reads only.
select
    extract(year from date)::integer as year,
    sum(count(*)) over (order by extract(year from date)::integer)::bigint as held
from apod.picture
group by extract(year from date)::integer
order by year
