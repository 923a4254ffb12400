-- Purpose: record a load, before the merge: the days that it adds and removes; set_md5 follows. A row that somebody
-- deleted or inserted by hand is no such day: its origin tells.
-- Parameters: run, code_version, added, changed, removed, row_count, approved_by; days, those that differ, or null;
-- compared, the days that were looked at, or null for all.
-- Safe to repeat: no, once a load.
insert into apod.load (
    run,
    code_version,
    added,
    changed,
    removed,
    row_count,
    md5,
    approved_by,
    added_days,
    removed_days
)
values (
    %(run)s,
    %(code_version)s,
    %(added)s,
    %(changed)s,
    %(removed)s,
    %(row_count)s,
    '',
    %(approved_by)s,
    (
        select array_agg(staging.date order by staging.date)
        from apod.staging
        left join apod.picture using (date)
        left join apod.origin using (date)
        where
            (%(days)s::date[] is null or staging.date = any(%(days)s::date[]))
            and picture.date is null
            and origin.date is null
    ),
    (
        select array_agg(picture.date order by picture.date)
        from apod.picture
        inner join apod.origin using (date)
        left join apod.staging using (date)
        where
            %(removed)s > 0
            and staging.date is null
            and (%(compared)s::date[] is null or picture.date = any(%(compared)s::date[]))
    )
)
returning load_id
