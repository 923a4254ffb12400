-- Purpose: the rows that a check of one row each would find, so that the checks of a load need not read the archive. Each
-- has the condition of its check; PostgreSQL keeps it as rows change. Safe to repeat: yes.
create index if not exists picture_destroyed_letters on apod.picture (date)
where strpos(title || coalesce(explanation, '') || coalesce(copyright, ''), chr(65533)) > 0;

create index if not exists picture_lengths on apod.picture (date)
where
    (octet_length(title) > 160 and length(title) > 160)
    or (octet_length(explanation) > 4000 and length(explanation) > 4000)
    or (octet_length(copyright) > 400 and length(copyright) > 400)
    or (octet_length(url) > 400 and length(url) > 400)
    or (octet_length(hdurl) > 400 and length(hdurl) > 400)
    or (octet_length(thumbnail_url) > 400 and length(thumbnail_url) > 400);

create index if not exists picture_markup on apod.picture (date)
where
    (strpos(title, '<') > 0 or strpos(explanation, '<') > 0 or strpos(copyright, '<') > 0)
    and title || coalesce(explanation, '') || coalesce(copyright, '') ~ '</?(a|b|i|p|em|br|strong|font|script)[ >/]';

create index if not exists picture_media on apod.picture (date)
where case media_type
    when 'image' then url is null or hdurl is null
    when 'video' then url is null or hdurl is not null
    else url is not null or hdurl is not null
end;

create index if not exists picture_placeholder on apod.picture (date)
where title = 'NASA Science' or strpos(url, 'nasa-logo') > 0
