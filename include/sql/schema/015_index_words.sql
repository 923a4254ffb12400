-- Purpose: full-text search over titles and texts, in English, of at most 100,000 letters each: a tsvector holds a
-- megabyte, and a text with more words would stop the load. Safe to repeat: yes.
create index if not exists picture_words on apod.picture using gin (
    to_tsvector('english', left(title || ' ' || coalesce(explanation, ''), 100000))
)
