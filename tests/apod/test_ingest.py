"""Step 1, against the stand-in."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from include.apod.coverage import read_coverage
from include.apod.days import Span
from include.apod.errors import SourceChanged
from include.apod.ingest import ingest, is_out, plan
from include.apod.raw import months, newest, parse_month
from local.archive import record_of

NEXT_DAY = timedelta(days=1)
JUNE_1995 = Span(date(1995, 6, 16), date(1995, 9, 30))


def read(raw):
    return newest(seen for path in months(raw) for seen in parse_month(path.read_bytes(), path.name))


@pytest.fixture
def old(scope):
    """A scope over the archive's first months, which lack three days."""
    return replace(scope, archive=JUNE_1995)


def test_every_day_is_kept_in_nasas_own_words(nasa, store, scope):
    """One observation a day, the record untouched."""
    ingest(nasa.source(), store.raw, scope)

    assert {day: record_of(day) for day in scope.archive} == {day: seen.record for day, seen in read(store.raw).items()}


def test_one_request_a_month(nasa, store, scope):
    """The look-back is in the same requests."""
    report = ingest(nasa.source(), store.raw, scope)

    assert {
        name: report.facts[name] for name in ("requests", "added", "corrected", "without_picture", "months_left")
    } == {"requests": 2, "added": 54, "corrected": 0, "without_picture": 0, "months_left": 0}


def test_a_second_run_changes_nothing_and_says_why(nasa, store, scope):
    """Twice is once: same bytes, and one request for the look-back."""
    ingest(nasa.source(), store.raw, scope)
    before = {path: path.read_bytes() for path in months(store.raw)}
    report = ingest(nasa.source(), store.raw, scope)

    assert not report.changed
    assert report.sentence == "nothing new: NASA's words are the ones we hold (1 requests)"
    assert before == {path: path.read_bytes() for path in months(store.raw)}


def test_an_edit_by_nasa_is_appended(nasa, store, scope):
    """The words before are kept."""
    ingest(nasa.source(), store.raw, scope)
    nasa.service.find = lambda day: (record_of(day) or {}) | {"title": "Edited"} if day.day == 20 else record_of(day)
    report = ingest(nasa.source(), store.raw, replace(scope, now=scope.now + NEXT_DAY))

    assert report.facts["corrected"] == 1
    assert read(store.raw)[date(2026, 11, 20)].record["title"] == "Edited"
    assert len((store.raw / "2026" / "2026-11.jsonl").read_bytes().splitlines()) == 24


def test_an_edit_older_than_the_look_back_is_seen_when_asked_for(nasa, store, scope):
    """`start_date` and `end_date` read a range again now."""
    ingest(nasa.source(), store.raw, scope)
    nasa.service.find = lambda day: (record_of(day) or {}) | {"title": "Edited"}
    reread = Span(date(2026, 10, 3), date(2026, 10, 4))
    report = ingest(nasa.source(), store.raw, replace(scope, reread=reread))

    assert (report.facts["requests"], report.facts["corrected"]) == (1, 2)


def test_days_without_a_picture_are_asked_for_singly_and_kept_as_evidence(nasa, store, old):
    """Absence is the service's own word for that day, with its body."""
    ingest(nasa.source(), store.raw, old)
    seen = read(store.raw)[date(1995, 6, 18)]

    assert (seen.record, seen.absent["status"]) == (None, 404)
    assert "No data available for date: 1995-06-18" in seen.absent["body"]


def test_absence_is_proven_on_two_days_of_asking(nasa, store, old):
    """Then the day is not asked for again; the same day never counts twice."""
    counts = []
    for days in (0, 0, 1, 2):
        later = replace(old, now=old.now + days * NEXT_DAY)
        counts.append(ingest(nasa.source(), store.raw, later).facts["requests"])

    assert counts == [7, 1, 5, 1]


def test_a_day_that_is_not_out_yet_is_no_absence(nasa, store, scope):
    """It is left for the next look, and found then."""
    nasa.service.find = lambda day: None if day == scope.archive.last else record_of(day)
    ingest(nasa.source(), store.raw, scope)
    missing = read_coverage(store.raw).missing(scope.archive, "2026-11-23")
    nasa.service.find = record_of
    report = ingest(nasa.source(), store.raw, scope)

    assert ([scope.archive.last], 1) == (missing, report.facts["added"])


def test_the_budget_stops_a_run_and_the_next_one_goes_on(nasa, store, scope):
    """Newest first, and what was read is kept."""
    first = ingest(nasa.source(), store.raw, replace(scope, budget=1))
    second = ingest(nasa.source(), store.raw, replace(scope, budget=9))

    assert (first.facts["months_left"], first.facts["added"]) == (1, 23)
    assert (second.facts["months_left"], second.facts["added"]) == (0, 31)


def test_a_placeholder_is_not_stored(nasa, store, scope):
    """Since September 2026 the service answers every date with one."""
    nasa.service.find = lambda day: {"date": f"{day}", "title": "NASA Science"}
    with pytest.raises(SourceChanged, match="placeholder"):
        ingest(nasa.source(), store.raw, scope)

    assert months(store.raw) == []


def test_the_plan_is_the_calendar_newest_first(store, scope):
    """31 years are 378 spans; a full store needs the look-back only."""
    spans = plan(read_coverage(store.raw), replace(scope, archive=Span(date(1995, 6, 16), date(2026, 11, 23))))

    assert (378, Span(date(2026, 11, 1), date(2026, 11, 23))) == (len(spans), spans[0])


def test_a_picture_is_out_when_it_is_held_or_served(nasa, store, scope):
    """A picture that is held costs no request."""
    today = scope.archive.last
    nasa.service.find = lambda _: None
    before = is_out(nasa.source(), store.raw, today)
    nasa.service.find = record_of
    served = is_out(nasa.source(), store.raw, today)
    ingest(nasa.source(), store.raw, scope)
    source = nasa.source()
    held = is_out(source, store.raw, today)

    assert (before, served, held, source.requests) == (False, True, True, 0)


def test_complete_through_stops_at_the_first_hole(nasa, store, old):
    """A day that is denied is accounted for, a day that is missing is not."""
    nasa.service.find = lambda day: None if day == date(1995, 8, 3) else record_of(day)
    scope = replace(old, archive=Span(JUNE_1995.first, date(1995, 8, 10)))
    ingest(nasa.source(), store.raw, scope)

    assert date(1995, 8, 2) == read_coverage(store.raw).complete_through(JUNE_1995.first)
