-- Purpose: the load that a version holds, and the days that were unreadable: nothing but quarantine. Null where this
-- database does not know the version. Parameters: md5. Safe to repeat: yes, reads only.
select
    (select max(load_id) from apod.load where load.md5 = %(md5)s) as load_id,
    coalesce(
        (
            select array_agg(distinct rejected.date order by rejected.date)
            from apod.rejected
            left join apod.picture using (date)
            where picture.date is null
        ),
        '{}'
    ) as unreadable
