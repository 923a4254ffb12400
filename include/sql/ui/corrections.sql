-- Purpose: what NASA changed without a word, newest first. Parameters: before (a correction_id), most.
-- Safe to repeat: yes, reads only.
select
    correction.correction_id,
    correction.date,
    correction.field,
    correction.before,
    correction.after,
    picture.title,
    load.published_at
from apod.correction
left join apod.picture using (date)
left join apod.load on correction.load_id = load.load_id
where correction.cause = 'nasa' and correction.correction_id < %(before)s
order by correction.correction_id desc
limit %(most)s
