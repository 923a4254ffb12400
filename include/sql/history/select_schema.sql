-- Purpose: whether a schema exists. Parameters: schema. Safe to repeat: yes, reads only.
select nspname
from pg_namespace
where nspname = %(schema)s
