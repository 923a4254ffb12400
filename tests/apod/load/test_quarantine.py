"""The hard rules: what breaks one is left out, kept and said to be, and the rest goes on."""

import logging
from datetime import date

import pytest

from include.apod.formats import raw as raw_store
from include.apod.load.transform import transform
from include.apod.status import load_status
from tests.helpers.steps import DAY, GOOD, load, observe, written

BAD = [
    ({"title": 7}, "title is 7, not text"),
    ({"url": ["a"]}, "url is ['a'], not text"),
    ({"copyright": {"a": {}}}, "copyright is {'a': {}}, not text"),
    ({"title": ...}, "no title"),
    ({"title": " \0 "}, "no title"),
    ({"media_type": "hologram"}, "media_type 'hologram' is none of image, video, other"),
    ({"media_type": ...}, "media_type None is none of image, video, other"),
    ({"date": "2026-11-21"}, "filed under 2026-11-22, but of '2026-11-21'"),
    ({"date": ...}, "filed under 2026-11-22, but of None"),
    ({"explanation": "half \ud800 a letter"}, "a lone surrogate '\\ud800', which no text file can hold"),
]


def later(store, hour, source="planetary", **record):
    """A newer observation of the day."""
    said = {**GOOD, **record}
    seen = raw_store.Observation(DAY, f"2026-11-24T{hour:02}:00:00Z", source, raw_store.digest(said), record=said)
    raw_store.append(store.raw, [seen])
    return seen


def quarantine(database):
    return database.execute("select date, sha256, source, reason from apod.rejected order by seen_at").fetchall()


@pytest.mark.parametrize(("record", "reason"), BAD)
def test_what_breaks_a_hard_rule_goes_to_quarantine_and_its_month_goes_on(store, database, record, reason):
    """With the reason and the digest under which its words stand in the raw store."""
    good = {**GOOD, "date": "2026-11-21"}
    seen = raw_store.Observation(date(2026, 11, 21), "2026-11-22T10:00:00Z", "planetary", "x", record=good)
    raw_store.append(store.raw, [seen])
    observe(store, **record)
    report = load(store, database)
    said = next(one for one in raw_store.parse_month(*month(store)) if one.date == DAY)

    assert [(DAY, said.sha256, "planetary", reason)] == quarantine(database)
    assert 1 == report.facts["rows"] == report.facts["rejected"] == report.facts["unreadable"]
    assert report.sentence.endswith("; 1 observations in quarantine (apod.rejected), 1 days are unreadable")
    assert load_status(store, database).sentence.endswith("; 1 days are unreadable, 1 observations in quarantine")


def month(store):
    path = store.raw / "2026" / "2026-11.jsonl"
    return path.read_bytes(), path


def test_a_source_that_nobody_knows_is_quarantined(store, database):
    """A raw store that a newer version of the code wrote."""
    observe(store)
    seen = later(store, 10, source="telepathy")
    load(store, database)

    assert [(DAY, seen.sha256, "telepathy", "source 'telepathy' is none of basic, planetary")] == quarantine(database)


def test_the_newest_good_observation_stays_until_a_newer_good_one_clears_the_day(store, database):
    """Bad ones in between change nothing that was published."""
    observe(store)
    load(store, database)
    bad = later(store, 10, title=None)
    said = [load(store, database).changed, len(quarantine(database)), written(store).split(",")[1]]
    later(store, 11, title="A better title")
    said += [load(store, database, mass_change=True).changed, quarantine(database), written(store).split(",")[1]]

    assert bad.sha256
    assert [False, 1, '"A title"', True, [], '"A better title"'] == said


def test_bad_observations_older_than_the_good_one_are_history(store):
    """The raw store has them; nobody need look."""
    observe(store, title=None)
    later(store, 10)
    report = transform(store)

    assert 0 == report.facts["rejected"]


def test_the_quarantine_holds_the_words_themselves(store, database):
    """Whatever they are, and readable as JSON."""
    observe(store, title=None, explanation="\0 half \ud800")
    load(store, database, shrink=True)
    (words,) = database.execute("select observation from apod.rejected").fetchone()

    assert '"explanation": "\\u0000 half \\ud800"' in words


def test_a_newer_word_that_there_is_no_picture_takes_the_day_out(store):
    """The newest observation counts; publish asks a person before a day vanishes."""
    observe(store)
    gone = raw_store.Observation(DAY, "2026-11-25T10:00:00Z", "planetary", "x", absent={"status": 404, "body": ""})
    raw_store.append(store.raw, [gone])
    transform(store)

    assert written(store) == ""


def test_an_empty_quarantine_is_silent(store, caplog):
    """No tail on the sentence of a good run."""
    caplog.set_level(logging.INFO)
    observe(store)

    assert "1 months transformed" == transform(store).sentence
