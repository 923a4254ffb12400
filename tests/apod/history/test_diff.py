"""What changed between two versions, from the ledger and from the bytes: both have to say the same."""

import random
import shutil
from datetime import date, timedelta

import pytest

from include.apod.adapters.files import md5_of
from include.apod.formats import raw as raw_store
from include.apod.history.diff import Diff, from_bytes, from_ledger
from local.cli.show import as_csv, as_json, as_text
from local.nasa.archive import record_of
from tests.helpers.steps import edit, load

DAY = date(2026, 11, 20)


@pytest.fixture
def keep(loaded, tmp_path):
    """Keeps the CSV as it is now."""

    def keeping():
        kept = tmp_path / f"{md5_of(loaded.csv)}.csv"
        shutil.copyfile(loaded.csv, kept)
        return kept

    return keeping


def add(store, day):
    """A day that there was not, as ingest would append it."""
    said = record_of(day)
    seen = raw_store.Observation(day, "2026-11-25T00:00:00Z", "planetary", raw_store.digest(said), record=said)
    raw_store.append(store.raw, [seen])


def told(database, before, after):
    """What both ways say, which must be one thing."""
    ledger = from_ledger(database, before.stem, after.stem)

    assert ledger == from_bytes(before, after)
    return ledger


def test_days_and_values_over_several_loads(loaded, database, keep):
    """Net of what was undone in between; a day that came and was corrected has come, and no more."""
    before = keep()
    first, new = record_of(DAY), date(2026, 11, 24)
    edit(loaded, DAY, title="Edited", copyright="Ada")
    add(loaded, new)
    load(loaded, database)
    edit(loaded, DAY, title="Edited again", copyright=first.get("copyright"), seen_at="2026-11-25T00:00:00Z")
    edit(loaded, new, title="Corrected", seen_at="2026-11-26T00:00:00Z")
    load(loaded, database)

    assert Diff([f"{new}"], [], {f"{DAY}": {"title": (first["title"], "Edited again")}}) == told(
        database, before, keep()
    )


def test_days_that_went(loaded, database, keep):
    """A person has let them."""
    before = keep()
    (loaded.raw / "2026" / "2026-10.jsonl").unlink()
    load(loaded, database, shrink=True)

    assert [f"{date(2026, 10, 1) + timedelta(n)}" for n in range(31)] == told(database, before, keep()).removed


def test_what_was_undone_is_no_difference(loaded, database, keep):
    """Edited, and back."""
    before = keep()
    edit(loaded, DAY, title="Edited")
    load(loaded, database)
    edit(loaded, DAY, title=record_of(DAY)["title"], seen_at="2026-11-25T00:00:00Z")
    load(loaded, database)

    assert before.stem == keep().stem
    assert Diff() == told(database, before, keep())


FIELDS = ("title", "explanation", "copyright", "hdurl")
BY_HAND = (
    "update apod.picture set title = 'by hand {1}' where date = '{0}'",
    "delete from apod.picture where date = '{0}'",
)


def some_loads(dice, store, database, keep):
    """NASA edits, and takes back; days come; somebody changes the table. Returns the CSVs, in order."""
    kept = [keep()]
    for number in range(10):
        seen_at = f"2026-11-{24 + number // 4}T{number % 4:02}:00:00Z"
        days = [date(2026, 11, dice.randint(1, 23)) for _ in range(dice.choice([0, 1, 1, 3]))]
        for day in days:
            word = dice.choice(["x", f"Edited {number}", record_of(day)["title"]])
            edit(store, day, seen_at=seen_at, **{dice.choice(FIELDS): word})
        if dice.random() < 0.3:
            add(store, date(2026, 11, 24) + timedelta(number))
        if dice.random() < 0.2:
            day = dice.choice([*days, date(2026, 11, dice.randint(1, 23))])
            database.execute(dice.choice(BY_HAND).format(day, number))
        load(store, database, mass_change=True)
        kept.append(keep())
    return kept


@pytest.mark.parametrize("seed", range(6))
def test_ledger_and_bytes_never_disagree(loaded, database, keep, seed):
    """Of any two CSVs, in whatever came between: the ledger says the same, or that it does not know."""
    kept = some_loads(random.Random(seed), loaded, database, keep)
    pairs = [(before, after) for number, before in enumerate(kept) for after in kept[number + 1 :]]
    told_by_ledger = {pair: from_ledger(database, pair[0].stem, pair[1].stem) for pair in pairs}
    differing = [pair for pair, diff in told_by_ledger.items() if diff is not None and diff != from_bytes(*pair)]

    assert [] == differing
    assert any(diff not in (None, Diff()) for diff in told_by_ledger.values())


@pytest.mark.parametrize(
    "harm",
    [
        "update apod.picture set title = 'by hand' where date = '2026-11-19'",
        "update apod.picture set title = 'by hand' where date = '2026-11-20'",
        "delete from apod.picture where date = '2026-11-19'",
        "insert into apod.picture values ('1970-01-01', 'x', null, 'other', null, null, null, null, 'x', 1)",
        "truncate apod.load cascade",
    ],
)
def test_where_the_ledger_does_not_tell_it_says_so(loaded, database, keep, harm):
    """Rows that were mended, and loads that are lost, would be told as changes of the archive, or not at all."""
    before = keep()
    database.execute(harm)
    edit(loaded, DAY, title="Edited")
    load(loaded, database)
    after = keep()

    assert from_ledger(database, before.stem, after.stem) is None
    assert {f"{DAY}": {"title": (record_of(DAY)["title"], "Edited")}} == from_bytes(before, after).corrected


def test_a_day_that_came_back_is_not_told_by_the_ledger(loaded, database, keep):
    """Its values before are in no record."""
    before, path = keep(), loaded.raw / "2026" / "2026-10.jsonl"
    month = path.read_bytes()
    path.unlink()
    load(loaded, database, shrink=True)
    path.write_bytes(month)
    edit(loaded, DAY, title="Edited")
    load(loaded, database)
    after = keep()

    assert from_ledger(database, before.stem, after.stem) is None
    assert [f"{DAY}"] == [*from_bytes(before, after).corrected]


def test_backwards_is_for_the_bytes(loaded, database, keep):
    """The ledger goes one way."""
    before = keep()
    edit(loaded, DAY, title="Edited")
    load(loaded, database)

    assert from_ledger(database, keep().stem, before.stem) is None


def test_text_csv_and_json():
    """For a person, a spreadsheet and a program."""
    diff = Diff(
        ["2026-11-22", "2026-11-23"],
        ["1999-01-01"],
        {"2026-11-20": {"title": ('A "b"', "c"), "copyright": (None, "é")}},
    )

    assert as_text(diff) == (
        "+ 2026-11-22..2026-11-23\n- 1999-01-01\n~ 2026-11-20\n"
        '    title\n    - "A \\"b\\""\n    + "c"\n    copyright\n    - nothing\n    + "é"\n'
    )
    assert as_csv(diff).splitlines() == [
        "change,date,field,before,after",
        "added,2026-11-22,,,",
        "added,2026-11-23,,,",
        "removed,1999-01-01,,,",
        'corrected,2026-11-20,title,"A ""b""",c',
        "corrected,2026-11-20,copyright,,é",
    ]
    assert '"copyright": {\n        "before": null,\n        "after": "é"' in as_json(diff)
    assert "no difference\n" == as_text(Diff())
