-- Purpose: the first day whose value a column of a user's table does not take: it is null, or too long, or no label of an
-- enumeration. Placeholders: column, ours; null_refused; labels, null for none. Parameters: most_letters.
-- Safe to repeat: yes, reads only.
select
    date,
    left({column}, 40) as value
from apod.staging
where
    ({null_refused} and {column} is null)
    or length({column}) > %(most_letters)s
    or {column} <> all({labels})
order by date
limit 1
