-- Purpose: each row names a load that is there; in the transaction of begin_bulk. Safe to repeat: after begin_bulk.
alter table apod.picture
add constraint picture_load_id_fkey foreign key (load_id) references apod.load
