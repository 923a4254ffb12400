-- Purpose: the table of a restored version, with the columns of its CSV; its schema's name replaces ours.
-- Safe to repeat: no, once a schema.
create table apod.picture ({definitions})
