"""Step 1, against the stand-in."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from include.apod.days import Span, in_requests
from include.apod.errors import RateLimited, SourceChanged, Unavailable
from include.apod.formats import raw as raw_store
from include.apod.formats.coverage import read_coverage
from include.apod.formats.raw import months, newest, parse_month
from include.apod.formats.reading_list import read_reading_list, reading_list_path
from include.apod.ingest.ingest import ingest, is_out
from include.apod.ingest.plan import plan
from include.apod.load.transform import transform
from local.nasa.archive import record_of
from local.nasa.planetary import with_extras
from tests.helpers.project import NOON
from tests.helpers.steps import edit

NEXT_DAY = timedelta(days=1)
JUNE_1995 = Span(date(1995, 6, 16), date(1995, 9, 30))


def later_than(scope, days):
    """The scope of a run so many days later."""
    archive = Span(scope.archive.first, scope.archive.last + timedelta(days))
    return replace(scope, now=scope.now + timedelta(days), archive=archive)


def read(raw):
    return newest(seen for path in months(raw) for seen in parse_month(path.read_bytes(), path))


@pytest.fixture
def old(scope):
    """A scope over the archive's first months, which lack three days."""
    return replace(scope, archive=JUNE_1995)


def test_every_day_is_kept_in_nasas_own_words(nasa, store, scope):
    """One observation a day, the record untouched."""
    ingest(nasa.sources(), store, scope)

    assert {day: with_extras(record_of(day), {"thumbs": "true"}) for day in scope.archive} == {
        day: seen.record for day, seen in read(store.raw).items()
    }


def test_one_request_a_month(nasa, store, scope):
    """The look-back is in the same requests."""
    report = ingest(nasa.sources(), store, scope)

    assert {name: report.facts[name] for name in ("requests", "added", "corrected", "no_picture", "months_left")} == {
        "requests": 2,
        "added": 54,
        "corrected": 0,
        "no_picture": 0,
        "months_left": 0,
    }


def test_a_second_run_changes_nothing_and_says_why(nasa, store, scope):
    """Twice is once: same bytes, and one request for the look-back."""
    ingest(nasa.sources(), store, scope)
    before = {path: path.read_bytes() for path in months(store.raw)}
    report = ingest(nasa.sources(), store, scope)

    assert not report.changed
    assert report.sentence == "nothing new: NASA's records are the ones stored; 1 requests"
    assert before == {path: path.read_bytes() for path in months(store.raw)}


def test_an_edit_by_nasa_is_appended(nasa, store, scope):
    """The words before are kept."""
    ingest(nasa.sources(), store, scope)
    nasa.service.find = lambda day: (record_of(day) or {}) | {"title": "Edited"} if day.day == 20 else record_of(day)
    report = ingest(nasa.sources(), store, replace(scope, now=scope.now + NEXT_DAY))

    assert report.facts["corrected"] == 1
    assert read(store.raw)[date(2026, 11, 20)].record["title"] == "Edited"
    assert len((store.raw / "2026" / "2026-11.jsonl").read_bytes().splitlines()) == 24


def test_an_edit_older_than_the_look_back_is_seen_when_asked_for(nasa, store, scope):
    """`start_date` and `end_date` read a range again now."""
    ingest(nasa.sources(), store, scope)
    nasa.service.find = lambda day: (record_of(day) or {}) | {"title": "Edited"}
    reread = Span(date(2026, 10, 3), date(2026, 10, 4))
    report = ingest(nasa.sources(), store, replace(scope, reread=reread))

    assert (report.facts["requests"], report.facts["corrected"]) == (1, 2)


def test_days_without_a_picture_are_asked_for_singly_and_kept_as_evidence(nasa, store, old):
    """Absence is the service's own word for that day, with its body."""
    ingest(nasa.sources(), store, old)
    seen = read(store.raw)[date(1995, 6, 18)]

    assert (seen.record, seen.absent["status"]) == (None, 404)
    assert "No data available for date: 1995-06-18" in seen.absent["body"]


def test_absence_is_proven_on_two_days_of_asking(nasa, store, old):
    """Then the day is not asked for again; the same day never counts twice."""
    counts = []
    for days in (0, 0, 1, 2):
        later = replace(old, now=old.now + days * NEXT_DAY)
        counts.append(ingest(nasa.sources(), store, later).facts["requests"])

    assert counts == [7, 1, 5, 1]


def test_a_day_that_is_not_out_yet_is_no_absence(nasa, store, scope):
    """It is left for the next look, and found then."""
    nasa.service.find = lambda day: None if day == scope.archive.last else record_of(day)
    ingest(nasa.sources(), store, scope)
    missing = read_coverage(store.raw).missing(scope.archive, date(2026, 11, 23))
    nasa.service.find = record_of
    report = ingest(nasa.sources(), store, scope)

    assert ([scope.archive.last], 1) == (missing, report.facts["added"])


def test_the_budget_stops_a_run_and_the_next_one_goes_on(nasa, store, scope):
    """Newest first, and what was read is kept."""
    first = ingest(nasa.sources(), store, replace(scope, budget=1))
    second = ingest(nasa.sources(), store, replace(scope, budget=9))

    assert (first.facts["months_left"], first.facts["added"]) == (1, 23)
    assert (second.facts["months_left"], second.facts["added"]) == (0, 31)


@pytest.mark.parametrize("kind", ["placeholder", "shapeless", "empty", "html"])
def test_what_is_no_picture_is_never_stored_over_a_good_one(nasa, store, scope, kind):
    """Since September 2026 the service answers every date with a placeholder."""
    ingest(nasa.sources(), store, scope)
    before = {path: path.read_bytes() for path in months(store.raw)}
    nasa.fault(kind)
    with pytest.raises(SourceChanged, match="planetary|not JSON"):
        ingest(nasa.sources(), store, scope)

    assert before == {path: path.read_bytes() for path in months(store.raw)}


def test_the_next_source_fills_an_empty_store(nasa, store, scope):
    """Two requests show that the first one has to be left; each record is in the words of its own source."""
    nasa.fault("placeholder", service="planetary")
    report = ingest(nasa.sources("planetary", "basic"), store, scope)

    assert (5, 54) == (report.facts["requests"], report.facts["added"])
    assert {"basic"} == {seen.source for seen in read(store.raw).values()}
    assert "basic_html" in read(store.raw)[scope.archive.last].record


def test_a_source_that_comes_back_is_heard_again_once(nasa, store, scope):
    """What the one that stood in got wrong does not stay, and two services do not outbid each other."""
    sources = ("planetary", "basic")
    ingest(nasa.sources(*sources), store, scope)
    nasa.fault("placeholder", service="planetary")
    taken_over = ingest(nasa.sources(*sources), store, replace(scope, now=scope.now + timedelta(hours=1)))
    nasa.service.faults.clear()
    back = ingest(nasa.sources(*sources), store, replace(scope, now=scope.now + timedelta(hours=2)))
    again = ingest(nasa.sources(*sources), store, replace(scope, now=scope.now + timedelta(hours=3)))

    assert [16, 16, 0] == [report.facts["resourced"] for report in (taken_over, back, again)]
    assert [0, 0, 0] == [report.facts["corrected"] for report in (taken_over, back, again)]
    assert "0 corrected by NASA, no picture on 0 days; 16 days from another source than before" in back.sentence
    assert "planetary" == read(store.raw)[scope.archive.last].source


def test_the_next_span_is_asked_for_while_one_is_stored(nasa, store, scope):
    """A slow disk, or object store, does not hold up the requests; one span waits at most."""
    with ThreadPoolExecutor(1) as thread, raw_store.writing(store.raw):
        run = thread.submit(ingest, nasa.sources(), store, scope)
        deadline = time.monotonic() + 30
        while nasa.service.requests < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        asked, stored, done = nasa.service.requests, months(store.raw), run.done()

    assert (2, [], False) == (asked, stored, done)
    assert (54, 54) == (run.result().facts["added"], len(read(store.raw)))


def test_what_was_read_outlasts_a_power_cut(nasa, store, scope, flushed):
    """The words are flushed, then the folders with the names of their files, then that these days were read."""
    ingest(nasa.sources(), store, scope)
    words = [flushed.index(path.stat().st_ino) for path in months(store.raw)]
    names = [flushed.index(folder.stat().st_ino) for folder in (store.raw, store.raw / "2026")]

    assert 2 == len(words)
    assert max(words) < min(names)
    assert max(names) < flushed.index(reading_list_path(store.ingest).stat().st_ino)


@pytest.mark.parametrize("first", [date(2025, 10, 1), date(2025, 12, 1)], ids=["and others follow", "the last one"])
def test_a_store_that_takes_no_more_ends_the_run_and_keeps_what_it_has(nasa, store, scope, first):
    """Its error is that of the run, though it comes while the next span is asked for, or none is."""
    over_new_year = Span(first, date(2026, 1, 31))
    store.raw.mkdir(parents=True)
    (store.raw / "2025").touch()  # no folder can be made there
    with pytest.raises(OSError, match="2025"):
        ingest(nasa.sources(), store, replace(scope, archive=over_new_year))

    assert ["2026-01"] == [path.stem for path in months(store.raw)]
    assert nasa.service.requests < 4
    assert read_reading_list(store.ingest).looked_through is None  # so all of it is read again


def test_the_plan_is_the_calendar_newest_first(store, scope):
    """31 years are 378 spans; a full store needs the look-back only."""
    spans = plan(read_coverage(store.raw), (), replace(scope, archive=Span(date(1995, 6, 16), date(2026, 11, 23))))

    assert (378, Span(date(2026, 11, 1), date(2026, 11, 23))) == (len(spans), spans[0])


def test_a_picture_is_out_when_it_is_held_or_served(nasa, store, scope):
    """A picture that is held costs no request."""
    today = scope.archive.last
    nasa.fault("missing")
    before = is_out(nasa.sources(), store, today, NOON)
    nasa.service.faults.clear()
    served = is_out(nasa.sources(), store, today, NOON)
    ingest(nasa.sources(), store, scope)
    sources = nasa.sources()
    held = is_out(sources, store, today, NOON)

    assert (before, served, held, sources[0].requests) == (False, True, True, 0)


@pytest.mark.parametrize(
    ("fault", "out", "word"),
    [
        ({"kind": "missing"}, False, "not out yet: 2026-11-23"),
        ({"kind": "error"}, False, "source down"),
        ({"kind": "over_quota", "seconds": 9}, False, "over quota"),
        ({"kind": "placeholder"}, True, "nobody can say whether 2026-11-23 is out"),
        ({"kind": "missing", "service": "planetary"}, True, "out: 2026-11-23"),
        ({"kind": "placeholder", "service": "planetary"}, True, "planetary is not believed for 2026-11-23"),
    ],
)
def test_who_waits_knows_for_what(nasa, store, scope, caplog, fault, out, word):
    """A source that is down may be up in an hour; one that lies is for ingest to refuse."""
    caplog.set_level(logging.INFO)
    nasa.fault(**fault)

    assert out == is_out(nasa.sources("planetary", "basic"), store, scope.archive.last, NOON)
    assert word in caplog.text


def test_not_out_yet_is_said(nasa, store, scope):
    """It is no absence, and no failure."""
    nasa.fault("missing", first=scope.archive.last)
    report = ingest(nasa.sources(), store, scope)

    assert (1, 0) == (report.facts["not_out_yet"], report.facts["no_picture"])
    assert "not out yet: 1 days" in report.sentence


def test_no_picture_is_said(nasa, store, old):
    """With its evidence."""
    report = ingest(nasa.sources(), store, old)

    assert (0, 3) == (report.facts["not_out_yet"], report.facts["no_picture"])
    assert "no picture on 3 days" in report.sentence


def test_source_down_is_said_and_retried(nasa, store, scope):
    """Nothing was heard at all: the same run tries again."""
    nasa.fault("error")
    with pytest.raises(Unavailable, match="source down: "):
        ingest(nasa.sources("planetary", "basic"), store, scope)

    assert [] == months(store.raw)


def test_a_source_that_goes_down_on_the_way_ends_the_run_well(nasa, store, scope):
    """What was read is published; the rest is left."""
    nasa.fault("error", skip=1)
    report = ingest(nasa.sources(), store, scope)

    assert (23, 31) == (report.facts["added"], report.facts["source_down"])
    assert "31 days could not be read (2026-10-01..2026-10-31)" in report.sentence


def test_over_quota_is_said_and_what_was_read_is_kept(nasa, store, scope):
    """Airflow retries when the service said; the next try goes on, and reports for both."""
    nasa.fault("over_quota", skip=1, times=1, seconds=60)
    scope = replace(scope, began=scope.now)
    with pytest.raises(RateLimited, match="over quota"):
        ingest(nasa.sources(), store, scope)
    kept = len(read(store.raw))
    report = ingest(nasa.sources(), store, replace(scope, now=scope.now + timedelta(minutes=1)))

    assert (23, 31) == (kept, report.facts["added"])
    assert "an earlier try of this run kept 23 observations" in report.sentence


def test_what_an_earlier_try_kept_is_news(nasa, store, scope):
    """Killed between the last file and its event, a run is tried again and finds nothing new: the event is due."""
    ingest(nasa.sources(), store, scope)
    later = replace(scope, now=scope.now + timedelta(minutes=1))
    same_run = ingest(nasa.sources(), store, replace(later, began=scope.now))
    next_run = ingest(nasa.sources(), store, replace(later, began=later.now))

    assert (True, False) == (same_run.changed, next_run.changed)


def test_a_small_quota_fills_the_archive_over_days(nasa, store, scope):
    """DEMO_KEY allows thirty requests an hour and fifty a day: nobody has to look after it, and none is refused."""
    wide = replace(scope, archive=Span(date(2020, 1, 1), scope.archive.last))
    added = []
    for day in range(4):
        now = scope.now + day * NEXT_DAY
        nasa.service.now = lambda now=now: now
        archive = replace(wide.archive, last=wide.archive.last + day * NEXT_DAY)
        report = ingest(nasa.sources(key="DEMO_KEY"), store, replace(wide, now=now, archive=archive))
        added.append(report.facts["added"])

    assert {*archive} - {date(2020, 6, 10)} == read_coverage(store.raw).observed
    assert [30, 30, 23] == [
        len(in_requests(Span(date(2020, 1, 1), wide.archive.last))[n : n + 30]) for n in (0, 30, 60)
    ]
    assert all(added)


def test_days_that_are_filled_in_later_are_found(nasa, store, scope):
    """In the autumn of 2025 there were no pictures for six weeks; they came afterwards, all at once."""
    closed = Span(date(2025, 10, 2), date(2025, 11, 12))
    nasa.fault("missing", first=closed.first, last=closed.last, until=datetime(2025, 11, 13, 12, tzinfo=UTC))
    requests = []
    for day in Span(date(2025, 9, 28), date(2025, 12, 10)):
        now = datetime(day.year, day.month, day.day, 17, tzinfo=UTC)
        nasa.service.now = lambda now=now: now
        today = replace(scope, now=now, archive=Span(date(2025, 9, 1), day))
        requests.append(ingest(nasa.sources(), store, today).facts["requests"])

    assert {*today.archive} == read_coverage(store.raw).observed
    assert 1 == requests[-1]


def test_a_full_store_takes_one_request_a_day(nasa, store, scope):
    """Across the end of a month, too; with a look at whether the picture is out, two."""
    ingest(nasa.sources(), store, scope)
    requests = []
    for day in range(40):
        now = scope.now + day * NEXT_DAY
        nasa.service.now = lambda now=now: now
        archive = replace(scope.archive, last=scope.archive.last + day * NEXT_DAY)
        before = nasa.service.requests
        is_out(nasa.sources(), store, archive.last, now)
        ingest(nasa.sources(), store, replace(scope, now=now, archive=archive))
        requests.append(nasa.service.requests - before)

    assert {1, 2} == set(requests)


def test_the_whole_archive_takes_at_most_400_requests(nasa, store, scope):
    """With both services asked about the four days without a picture."""
    whole = replace(scope, archive=Span(date(1995, 6, 16), scope.archive.last))
    report = ingest(nasa.sources("planetary", "basic"), store, whole)

    assert (11480, 4, 0) == tuple(report.facts[name] for name in ("added", "no_picture", "months_left"))
    assert nasa.service.requests <= 400


def test_an_edit_that_was_made_while_nobody_looked_is_found(nasa, store, scope):
    """The look-back is what a look on each day since the last one would have read, after a pause or a restore."""
    earlier = replace(
        scope, archive=Span(scope.archive.first, date(2026, 10, 20)), now=datetime(2026, 10, 20, 17, tzinfo=UTC)
    )
    nasa.service.now = lambda: earlier.now
    ingest(nasa.sources(), store, earlier)
    nasa.service.now = lambda: NOON
    nasa.service.edit(date(2026, 10, 8), title="Edited on the 21st")
    report = ingest(nasa.sources(), store, scope)

    assert 1 == report.facts["corrected"]
    assert 34 == report.facts["added"]


def test_a_look_back_that_was_interrupted_is_finished(nasa, store, scope):
    """NASA edited a day of a long pause; the run after it gets no further than the newest month."""
    ingest(nasa.sources(), store, scope)
    edited, later = date(2026, 11, 12), later_than(scope, 100)
    nasa.service.now = lambda: later.now
    nasa.service.edit(edited, title="Edited in the pause")
    first = ingest(nasa.sources(), store, replace(later, budget=2))
    ingest(nasa.sources(), store, replace(later, reread=Span(later.archive.last, later.archive.last), budget=1))
    latest = later_than(later, 1)
    nasa.service.now = lambda: latest.now
    second = ingest(nasa.sources(), store, latest)

    assert first.facts["months_left"] > 0
    assert 1 == second.facts["corrected"]
    assert read_reading_list(store.ingest).unread == frozenset()


def test_a_range_that_a_person_wants_is_read_to_its_end(nasa, store, scope):
    """What the budget left is read by the next run, as the report says."""
    ingest(nasa.sources(), store, scope)
    nasa.service.edit(date(2026, 10, 2), title="Edited")
    asked = ingest(nasa.sources(), store, replace(scope, reread=scope.archive, budget=1))
    next_run = ingest(nasa.sources(), store, scope)

    assert (1, 0) == (asked.facts["months_left"], asked.facts["corrected"])
    assert 1 == next_run.facts["corrected"]


def test_an_outage_of_one_source_is_no_proof_by_another(nasa, store, scope):
    """On none of the two days was the one asked that has the picture."""
    scope = replace(scope, archive=Span(date(2026, 6, 1), scope.archive.last))
    nasa.fault("missing", service="basic", first=date(2026, 6, 5), last=date(2026, 6, 5))
    nasa.fault("status", service="planetary", status=503)
    for days in (0, 1, 2):
        later = later_than(scope, days)
        nasa.service.now = lambda later=later: later.now
        ingest(nasa.sources("planetary", "basic"), store, later)

    assert {} == read_coverage(store.raw).denied


def test_an_unreadable_day_is_asked_for_again_once_a_week(nasa, store, scope):
    """NASA may mend it, years later too."""
    ingest(nasa.sources(), store, scope)
    bad = date(2026, 10, 3)
    edit(store, bad, media_type="hologram")
    path = store.raw / "2026" / "2026-10.jsonl"
    path.write_bytes(
        b"".join(line for line in path.read_bytes().splitlines(True) if b"10-03" not in line[:22] or b"holo" in line)
    )
    transform(store)
    corrected = []
    for days in range(1, 15):
        later = later_than(scope, days)
        nasa.service.now = lambda later=later: later.now
        before = len(nasa.service.request_log)
        ingest(nasa.sources(), store, later)
        corrected.append(sum("2026-10" in url or "2610" in url for url in [*nasa.service.request_log][before:]))

    assert 2 == sum(map(bool, corrected))
    assert "hologram" not in raw_store.newest(raw_store.read_month(path))[bad].record["media_type"]
