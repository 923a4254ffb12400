-- Purpose: tags of HTML in a text. Severity: warn. The replacement service sends HTML; a tag that is left means that our
-- reading of it has to learn. Safe to repeat: yes, reads only.
select
    count(*) as rows,
    min(date) as example
from apod.picture
where
    -- much cheaper than the pattern
    (strpos(title, '<') > 0 or strpos(explanation, '<') > 0 or strpos(copyright, '<') > 0)
    and title || coalesce(explanation, '') || coalesce(copyright, '') ~ '</?(a|b|i|p|em|br|strong|font|script)[ >/]'
