-- Purpose: what there is to know of a table before it is written to: its kind, our rights to it, its owner's schema, and
-- whether a unique index holds its dates apart. Parameters: table. Safe to repeat: yes, reads only.
select
    class.oid::regclass::text as name,
    namespace.nspname as schema,
    class.relkind::text as kind,
    has_table_privilege(class.oid, 'select')
    and has_table_privilege(class.oid, 'insert')
    and has_table_privilege(class.oid, 'update') as is_writable,
    exists (
        select 1
        from pg_index
        inner join pg_attribute
            on pg_index.indrelid = pg_attribute.attrelid and pg_index.indkey[0] = pg_attribute.attnum
        where
            pg_index.indrelid = class.oid
            and pg_index.indisunique
            and pg_index.indisvalid
            and pg_index.indnkeyatts = 1
            and pg_index.indpred is null
            and pg_attribute.attname = 'date'
    ) as has_unique_date
from pg_class as class
inner join pg_namespace as namespace on class.relnamespace = namespace.oid
where class.oid = to_regclass(%(table)s)
