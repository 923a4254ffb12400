-- Purpose: record which fragments are staged. Parameters: months, keys. Safe to repeat: after delete_staged.
insert into apod.staged (month, key)
select
    month,
    key
from unnest(%(months)s::text [], %(keys)s::text []) as fragment (month, key)
