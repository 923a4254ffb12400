-- Purpose: the numbers of the schema changes that were applied. Safe to repeat: yes, reads only.
select number
from apod.schema_change
