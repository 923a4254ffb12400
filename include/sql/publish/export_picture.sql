-- Purpose: the table in the dialect of apod_data.csv; its md5 is the CSV's. Safe to repeat: yes, reads only.
copy (
    select {columns}
    from apod.picture
    order by date
)
to stdout with (
    format csv,
    header,
    encoding 'UTF8',
    force_quote ({values})
)
