-- Purpose: the table in the dialect of apod_data.csv; its md5 is the CSV's. Safe to repeat: yes, reads only.
copy (
    select
        date,
        title,
        explanation,
        media_type,
        url,
        hdurl,
        thumbnail_url,
        copyright,
        page_url
    from apod.picture
    order by date
)
to stdout with (
    format csv,
    header,
    encoding 'UTF8',
    force_quote (title, explanation, media_type, url, hdurl, thumbnail_url, copyright, page_url)
)
