-- Purpose: who holds a lock that one of our statements may wait for; the oldest transactions first.
-- Safe to repeat: yes.
select distinct a.pid, a.usename, a.application_name, coalesce(a.xact_start, a.backend_start) as since
from pg_locks as l
join pg_stat_activity as a using (pid)
left join pg_class as c on c.oid = l.relation and l.database = (select oid from pg_database where datname = current_database())
left join pg_namespace as n on n.oid = c.relnamespace
where l.granted and a.pid <> pg_backend_pid() and a.datname = current_database()
    and (l.locktype = 'advisory' or n.nspname = 'apod')
order by since
limit 3
