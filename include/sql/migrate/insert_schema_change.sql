-- Purpose: record a schema change. Parameters: number, name. Safe to repeat: yes.
insert into apod.schema_change (number, name)
values (%(number)s, %(name)s)
on conflict (number) do nothing
