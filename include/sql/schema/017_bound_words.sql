-- Purpose: the index of 015 as it was made before it had a bound. Safe to repeat: yes.
do $$
begin
    if not exists (
        select 1
        from pg_indexes
        where schemaname = 'apod' and indexname = 'picture_words' and indexdef like '%100000%'
    ) then
        drop index if exists apod.picture_words;
        create index picture_words on apod.picture using gin (
            to_tsvector('english', left(title || ' ' || coalesce(explanation, ''), 100000))
        );
    end if;
end
$$
