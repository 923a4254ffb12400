-- Purpose: who made a picture, and the picture in words, as the replacement service says them. Safe to repeat: yes.
do $$
begin
    alter table apod.picture
    add column if not exists credit text,
    add column if not exists alt text;
    alter table apod.staging
    add column if not exists credit text,
    add column if not exists alt text;
end
$$
