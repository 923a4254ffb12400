-- Purpose: the columns of a table in their order: name, type as it is declared, type without a length, its category (D for
-- dates, S for texts, E for enumerations; a domain is none of these, since a cast to it may cut), the most letters that it
-- takes, and whether it is generated, may be null, or has a default. Parameters: table. Safe to repeat: yes, reads only.
select
    attribute.attname as name,
    format_type(attribute.atttypid, attribute.atttypmod) as declared,
    format_type(attribute.atttypid, null) as type,
    case when type.typtype = 'd' then 'domain' else type.typcategory::text end as category,
    case when attribute.atttypmod > 4 then attribute.atttypmod - 4 end as most_letters,
    attribute.attgenerated <> '' as is_generated,
    not attribute.attnotnull as is_nullable,
    attribute.atthasdef or attribute.attidentity <> '' as has_default
from pg_attribute as attribute
inner join pg_type as type on attribute.atttypid = type.oid
where
    attribute.attrelid = to_regclass(%(table)s)
    and attribute.attnum > 0
    and not attribute.attisdropped
order by attribute.attnum
