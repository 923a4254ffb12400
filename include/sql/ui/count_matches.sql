-- Purpose: how many pictures have these words. Parameters: words. Safe to repeat: yes, reads only.
select count(*)
from apod.picture
where to_tsvector('english', left(title || ' ' || coalesce(explanation, ''), 100000)) @@ websearch_to_tsquery('english', %(words)s)
