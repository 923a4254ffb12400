-- Purpose: every change of a value that was published, field by field. cause: `nasa` edited it, another `source` says
-- it, our own `rules` changed, or `repair` of a row that somebody else had changed. Safe to repeat: yes.
create table if not exists apod.correction (
    correction_id bigint generated always as identity primary key,
    load_id bigint not null references apod.load,
    date date not null,
    field text not null,
    before text,
    after text,
    cause text not null check (cause in ('nasa', 'source', 'rules', 'repair')),
    before_source text,
    after_source text not null,
    before_sha256 text,
    after_sha256 text not null
)
