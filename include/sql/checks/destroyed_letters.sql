-- Purpose: letters that the service destroyed (U+FFFD). Severity: warn. They are kept and counted: a number that jumps
-- says that a reader of ours or a release of NASA's destroys more. Safe to repeat: yes, reads only.
select
    count(*) as rows,
    min(date) as example
from apod.picture
where strpos(title || coalesce(explanation, '') || coalesce(copyright, ''), chr(65533)) > 0
