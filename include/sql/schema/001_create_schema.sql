-- Purpose: the namespace of all our tables. Not `create schema if not exists`, which asks for the right to create one even
-- where it is there. Safe to repeat: yes.
do $$
begin
    if to_regnamespace('apod') is null then
        create schema apod;
    end if;
end
$$
