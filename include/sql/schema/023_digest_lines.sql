-- Purpose: the digest of a row is that of its line in the CSV, which transform makes, as it has the line in its hand. A row
-- that is still what the last load left gets the new digest; one that is not keeps one that it does not have. What is
-- staged has none, so all is staged anew. Safe to repeat: yes.
update apod.origin
set
    row_md5 = md5(rtrim(
        concat_ws(
            ',',
            to_char(picture.date, 'YYYY-MM-DD'),
            coalesce('"' || replace(picture.title, '"', '""') || '"', ''),
            coalesce('"' || replace(picture.explanation, '"', '""') || '"', ''),
            coalesce('"' || replace(picture.media_type, '"', '""') || '"', ''),
            coalesce('"' || replace(picture.url, '"', '""') || '"', ''),
            coalesce('"' || replace(picture.hdurl, '"', '""') || '"', ''),
            coalesce('"' || replace(picture.thumbnail_url, '"', '""') || '"', ''),
            coalesce('"' || replace(picture.copyright, '"', '""') || '"', ''),
            coalesce('"' || replace(picture.page_url, '"', '""') || '"', ''),
            coalesce('"' || replace(picture.credit, '"', '""') || '"', ''),
            coalesce('"' || replace(picture.alt, '"', '""') || '"', '')
        ),
        ','
    ))
from apod.picture
where
    picture.date = origin.date
    and origin.row_md5 = md5(concat_ws(
        chr(31),
        'title=' || picture.title,
        'explanation=' || picture.explanation,
        'media_type=' || picture.media_type,
        'url=' || picture.url,
        'hdurl=' || picture.hdurl,
        'thumbnail_url=' || picture.thumbnail_url,
        'copyright=' || picture.copyright,
        'page_url=' || picture.page_url,
        'credit=' || picture.credit,
        'alt=' || picture.alt
    ));

truncate apod.staged, apod.staging, apod.staging_origin, apod.staging_rejected;

alter table apod.staging_origin
add column if not exists row_md5 text not null
