-- Purpose: record schema changes. Parameters: numbers, names. Safe to repeat: yes.
insert into apod.schema_change (number, name)
select
    number,
    name
from unnest(%(numbers)s::integer [], %(names)s::text []) as applied (number, name)
on conflict (number) do nothing
