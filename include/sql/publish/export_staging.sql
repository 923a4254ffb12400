-- Purpose: what is staged for the table, in the dialect of apod_data.csv: the staged CSV, unless somebody has changed one of
-- the two. Safe to repeat: yes, reads only.
copy (
    select {columns}
    from apod.staging
    order by date
)
to stdout with (
    format csv,
    header,
    encoding 'UTF8',
    force_quote ({values})
)
