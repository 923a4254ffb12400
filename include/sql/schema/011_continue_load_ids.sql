-- Purpose: where apod.load was dropped and is made again, its numbers go on: rows and corrections that name a lost load
-- must never come to name another one. Safe to repeat: yes.
select
    setval(
        pg_get_serial_sequence('apod.load', 'load_id'),
        1 + greatest(
            (select max(load_id) from apod.load),
            (select max(load_id) from apod.picture),
            (select max(load_id) from apod.correction),
            0
        ),
        false
    )
