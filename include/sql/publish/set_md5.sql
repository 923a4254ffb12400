-- Purpose: the md5 that table and CSV have in common, for the load of this transaction, if it has recorded one. Parameters: md5.
-- Safe to repeat: yes.
update apod.load
set md5 = %(md5)s
where md5 = ''
