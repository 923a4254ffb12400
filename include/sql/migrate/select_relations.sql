-- Purpose: the names of our tables and views that there are. Safe to repeat: yes, reads only.
select relname
from pg_class
inner join pg_namespace on pg_namespace.oid = pg_class.relnamespace
where nspname = 'apod' and relkind in ('r', 'v')
