-- Purpose: pictures whose title or text has these words, newest first; the index is picture_words.
-- Parameters: words (as a person types them), most, skipped. Safe to repeat: yes, reads only.
select
    date,
    title,
    media_type,
    url,
    thumbnail_url
from apod.picture
where to_tsvector('english', left(title || ' ' || coalesce(explanation, ''), 100000)) @@ websearch_to_tsquery('english', %(words)s)
order by date desc
limit %(most)s offset %(skipped)s
