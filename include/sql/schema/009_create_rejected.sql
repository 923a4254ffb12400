-- Purpose: quarantine: observations newer than the one that counts which break a hard rule. `observation` is the line
-- of the raw store with every letter that is not ASCII escaped: JSON that PostgreSQL's own type may refuse.
-- Safe to repeat: yes.
create table if not exists apod.rejected (
    date date not null,
    sha256 text not null,
    source text not null,
    seen_at timestamptz not null,
    reason text not null,
    observation text not null,
    primary key (date, sha256)
)
