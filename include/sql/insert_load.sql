-- Purpose: record a load with the md5 that the export must have.
-- Parameters: run, code_version, added, changed, removed, row_count, md5. Safe to repeat: no, once a load.
insert into apod.load (run, code_version, added, changed, removed, row_count, md5)
values (
    %(run)s,
    %(code_version)s,
    %(added)s,
    %(changed)s,
    %(removed)s,
    %(row_count)s,
    %(md5)s
)
returning load_id
