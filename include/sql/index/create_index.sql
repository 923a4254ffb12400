-- Purpose: the index of words, as schema/017 makes it. Safe to repeat: yes.
create index if not exists picture_words on apod.picture using gin (
    to_tsvector('english', left(title || ' ' || coalesce(explanation, ''), 100000))
)
