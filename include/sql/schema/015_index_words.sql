-- Purpose: full-text search over titles and texts, in English. Safe to repeat: yes.
create index if not exists picture_words on apod.picture using gin (
    to_tsvector('english', title || ' ' || coalesce(explanation, ''))
)
