-- Purpose: bring a user's table in line with apod.picture: rows of days that it lacks are added, and in the others the
-- columns that it shares with us are set where they differ. No row of it is deleted. Placeholders: table; names, values and
-- assignments of the shared columns but the date; theirs and ours, the same to compare; day, our date in its type.
-- Safe to repeat: yes.
with upserted as (
    insert into {table} (date, {names})
    select
        {day},
        {values}
    from apod.picture
    left join {table} as theirs on theirs.date = {day}
    where theirs.date is null or ({theirs}) is distinct from ({values})
    on conflict (date) do update set
        {assignments}
    returning 1
)

select count(*) from upserted
