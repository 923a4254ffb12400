"""The 25 threads of other clients' troubles, each with its symptom made by the stand-in. docs/threads.md lists them."""

import logging
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from include.apod.days import Span, newest_publishable
from include.apod.errors import Misconfigured, RateLimited, SourceChanged, Unavailable
from include.apod.formats.coverage import read_coverage
from include.apod.formats.raw import months, newest, parse_month
from include.apod.ingest.ingest import ingest, is_out
from include.apod.ingest.plan import Scope
from include.apod.load.transform import transform
from include.apod.sources import session
from local.nasa.archive import record_of
from local.nasa.gateway import Quota
from local.nasa.planetary import with_extras
from tests.helpers.project import NOON
from tests.helpers.steps import load, written

BAD = date(2026, 11, 12)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def listening(caplog):
    caplog.set_level(logging.INFO)


@pytest.fixture
def nasa(nasa):
    """At first the archive is two months."""
    nasa.scope = Scope(Span(date(2026, 10, 1), date(2026, 11, 23)), NOON)
    return nasa


def run_at(nasa, store, now=NOON, *names):
    """One run of ingest at a time, as the task does it."""
    nasa.service.now = lambda: now
    archive = replace(nasa.scope.archive, last=newest_publishable(now))
    return ingest(nasa.sources(*names), store, replace(nasa.scope, now=now, archive=archive))


def held(store):
    """The observation that counts of each day."""
    return newest(seen for path in months(store.raw) for seen in parse_month(path.read_bytes(), path))


def complete(store, last=date(2026, 11, 23)):
    """Whether every day has NASA's own record."""
    return {day: with_extras(record_of(day), {"thumbs": "true"}) for day in Span(date(2026, 10, 1), last)} == {
        day: seen.record for day, seen in held(store).items()
    }


def rows(store):
    """The clean rows as text."""
    transform(store)
    return written(store)


def test_thread_01_today_in_utc_is_404_until_upload(nasa, store):
    """nasa/apod-api#48, #49: nobody asks for the day before New York has it."""
    evening = datetime(2026, 11, 24, 2, tzinfo=UTC)  # the 24th in UTC, the 23rd in New York
    run_at(nasa, store, evening)

    assert complete(store)
    assert [] == [url for url in nasa.service.request_log if "2026-11-24" in url]


def test_thread_02_404_hours_after_publication(nasa, store, caplog):
    """nasa/api-docs#258: the run waits, and what it then lacks it has the next day. No evidence is made of it."""
    nasa.service.lag = timedelta(hours=13)
    waiting = is_out(nasa.sources(), store, date(2026, 11, 23), NOON)
    report = run_at(nasa, store)
    lacking = read_coverage(store.raw).denied
    run_at(nasa, store, NOON + timedelta(hours=8))

    assert (False, 1, {}) == (waiting, report.facts["not_out_yet"], lacking)
    assert "not out yet: 2026-11-23" in caplog.text
    assert complete(store)


def test_thread_03_one_day_is_500_for_weeks(nasa, store):
    """nasa/apod-api#155: that day is missing and no other; mended, it is picked up by itself."""
    nasa.fault("bad_day", first=BAD, last=BAD, until=NOON + 28 * DAY)
    down = run_at(nasa, store)
    first = set(held(store))
    later = [run_at(nasa, store, NOON + n * DAY).facts["added"] for n in (1, 27, 29)]

    assert (1, set(nasa.scope.archive) - {BAD}) == (down.facts["source_down"], first)
    assert "1 days could not be read (2026-11-12)" in down.sentence
    assert ([1, 26, 3], True) == (later, complete(store, date(2026, 12, 22)))


def test_thread_04_one_bad_day_fails_the_whole_range(nasa, store):
    """nasa/apod-api#8, #38: halved down to the day."""
    nasa.fault("bad_day", first=BAD, last=BAD)
    run_at(nasa, store)

    assert [BAD] == [day for day in nasa.scope.archive if day not in held(store)]


@pytest.mark.parametrize("page_seconds", [1.9, 2.5, 7])
def test_thread_05_long_ranges_die(nasa, store, page_seconds):
    """nasa/apod-api#4: a range is a month at most, and shorter where that is too long."""
    nasa.service.page_seconds = page_seconds
    run_at(nasa, store)

    assert complete(store)


def test_thread_06_the_third_retry_works(nasa, store):
    """nasa/apod-api#163: random 503 and hangs."""
    nasa.fault("status", status=503, times=2)
    nasa.fault("status", status=504, skip=1, times=1)
    nasa.fault("reset", skip=2, times=1)
    report = run_at(nasa, store)

    assert (54, 0) == (report.facts["added"], report.facts["source_down"])
    assert complete(store)


def test_thread_07_504_after_a_minute_for_days(nasa, store):
    """nasa/apod-api#112, #114, #90, #137: retried, never taken for an absence."""
    nasa.fault("status", status=504, until=NOON + 3 * DAY)
    for days in range(3):
        with pytest.raises(Unavailable, match="source down: .*504"):
            run_at(nasa, store, NOON + days * DAY)
    nothing = read_coverage(store.raw)
    run_at(nasa, store, NOON + 3 * DAY)

    assert (frozenset(), {}) == (nothing.observed, nothing.denied)
    assert complete(store, date(2026, 11, 26))


def test_thread_08_503_then_502_then_504_for_a_week(nasa, store):
    """nasa/apod-api#15, #108, nasa/api-docs#193: each day is a run that says so, then one that has it all."""
    run_at(nasa, store)
    for status, first in ((503, 1), (502, 3), (504, 6)):
        nasa.fault("status", status=status, since=NOON + first * DAY, until=NOON + 8 * DAY)
    for days in range(1, 8):
        with pytest.raises(Unavailable, match="source down: .*50[234]"):
            run_at(nasa, store, NOON + days * DAY)
    report = run_at(nasa, store, NOON + 8 * DAY)

    assert (8, True) == (report.facts["added"], complete(store, date(2026, 12, 1)))


@pytest.mark.parametrize("kind", ["frozen", "misdated"])
def test_thread_09_the_same_record_for_days(nasa, store, kind):
    """nasa/apod-api#139: 200, but stale; under its own date or under the one that was asked for."""
    run_at(nasa, store)
    before = held(store)
    nasa.fault(kind, first=date(2026, 11, 19), other_day=date(2026, 11, 18))
    report = run_at(nasa, store, NOON + DAY)

    assert before == held(store)
    assert "1 days could not be read (2026-11-24)" in report.sentence


def test_thread_10_site_and_service_are_down(nasa, store):
    """nasa/apod-api#141: what was held stays, the run says what is down and is retried."""
    run_at(nasa, store)
    nasa.fault("reset")
    with pytest.raises(Unavailable, match="source down: .*did not answer"):
        run_at(nasa, store, NOON + DAY, "planetary", "basic")

    assert complete(store)


def test_thread_11_valid_keys_hang_and_wrong_ones_are_answered(nasa, store, monkeypatch):
    """nasa/api-docs#244: a service that hangs is down; the key is not to blame."""
    monkeypatch.setattr(session, "TIMEOUT_SECONDS", (1, 0.1))
    nasa.fault("hang", seconds=0.5)
    with pytest.raises(Unavailable, match="source down: .*timed out"):
        run_at(nasa, store)
    with pytest.raises(Misconfigured, match="API_KEY_INVALID"):
        ingest(nasa.sources(key="wrong"), store, nasa.scope)


def test_thread_12_the_site_moved_and_parameters_are_ignored(nasa, store, caplog):
    """nasa/apod-api#172, #175: the newest 25 days, or a redirect. Neither is taken for another month."""
    nasa.fault("moved", service="planetary")
    nasa.service.ignores_parameters = True
    report = run_at(nasa, store, NOON, "planetary", "basic")

    assert "planetary is left for basic" in caplog.text
    assert "it redirects to https://science.nasa.gov/apod/" in caplog.text
    assert "basic was asked for 2026-10-01..2026-10-31 and answered 2026-10-30, " in caplog.text
    assert {*Span(date(2026, 11, 1), date(2026, 11, 23))} == held(store).keys()
    assert "31 days could not be read (2026-10-01..2026-10-31)" in report.sentence


def test_thread_13_other_has_no_url(nasa, store):
    """nasa/apod-api#132, #136, #42: a row like any other, its url null."""
    nasa.service.edit(BAD, media_type="other", url=None, hdurl=None)
    run_at(nasa, store)
    row = next(line for line in rows(store).splitlines() if line.startswith(f"{BAD}"))

    assert '"other",,,,' in row


def test_thread_14_an_empty_thumbnail_and_a_video_that_is_a_page(nasa, store):
    """nasa/apod-api#130, #80: the empty text is null, the page's address stays NASA's."""
    nasa.service.edit(BAD, media_type="video", url="https://a.example/page.html", hdurl=None, thumbnail_url="")
    run_at(nasa, store)

    assert '"video","https://a.example/page.html",,,' in rows(store)


def test_thread_15_hdurl_leads_nowhere(nasa, store):
    """nasa/apod-api#92, #128, #133, #138: it is kept as NASA gives it, and never fetched."""
    nasa.service.edit(BAD, hdurl="https://a.example/404.jpg ")
    run_at(nasa, store)

    assert "https://a.example/404.jpg " == held(store)[BAD].record["hdurl"]
    assert '"https://a.example/404.jpg"' in rows(store)
    assert {"/planetary/apod"} == {url.partition("?")[0] for url in nasa.service.request_log}


def test_thread_16_one_address_behind_another(nasa, store):
    """nasa/apod-api#6: the table has the one that leads somewhere, the raw store what NASA said."""
    stacked = "https://apod.nasa.gov/apod/http://a.example/b.jpg"
    nasa.service.edit(BAD, url=stacked)
    run_at(nasa, store)

    assert stacked == held(store)[BAD].record["url"]
    assert '"http://a.example/b.jpg"' in rows(store)


def test_thread_17_the_title_carries_the_next_line(nasa, store):
    """nasa/apod-api#36, #25, #23: the label goes, the title stays."""
    nasa.service.edit(BAD, title="A Title\r\nCredit and Copyright: ")
    run_at(nasa, store)

    assert f'{BAD},"A Title",' in rows(store)


def test_thread_18_the_explanation_is_cut(nasa, store, database):
    """nasa/apod-api#3, #119: kept as it is, nothing is guessed; when NASA mends it, the row is mended."""
    nasa.service.edit(BAD, explanation="silon Tauri is")
    run_at(nasa, store)
    load(store, database)
    cut = database.execute("select explanation from apod.picture where date = %s", [BAD]).fetchone()
    nasa.service.edit(BAD, explanation="Epsilon Tauri is a star.")
    report = run_at(nasa, store, NOON + DAY)
    load(store, database)
    mended = database.execute("select explanation from apod.picture where date = %s", [BAD]).fetchone()

    assert ("silon Tauri is", "Epsilon Tauri is a star.") == (*cut, *mended)
    assert 1 == report.facts["corrected"]


def test_thread_19_letters_that_the_service_destroyed(nasa, store):
    """nasa/apod-api#17: U+FFFD stays; who would know what it was?"""
    nasa.service.edit(BAD, explanation="Tun\ufffd Tezel")
    run_at(nasa, store)

    assert "Tun\ufffd Tezel" in rows(store)


def test_thread_20_copyright_is_missing_or_in_a_new_field(nasa, store, caplog):
    """nasa/apod-api#85, #126, #107: rights are never invented; the new field is kept raw, with a warning."""
    nasa.service.edit(BAD, copyright=None, credit="Ada Nemo", media_type="other", url=None, hdurl=None)
    run_at(nasa, store)
    row = next(line for line in rows(store).splitlines() if line.startswith(f"{BAD}"))

    assert '"other",,,,,' in row
    assert "Ada Nemo" == held(store)[BAD].record["credit"]
    assert "fields we do not know: credit" in caplog.text


def test_thread_21_a_call_without_a_date_returns_yesterday(nasa, store):
    """nasa/apod-api#37: no question is without its date, and the date of each answer is the record's own."""
    run_at(nasa, store)

    assert [] == [url for url in nasa.service.request_log if "date=" not in url]
    assert {f"{day}" for day in held(store)} == {seen.record["date"] for seen in held(store).values()}


def test_thread_22_429_as_a_page(nasa, store):
    """nasa/api-docs#210: over quota all the same, for as long as the header says."""
    nasa.fault("status", status=429, retry_after="2870")
    with pytest.raises(RateLimited, match="over quota: .*429 <html>") as caught:
        run_at(nasa, store)

    assert (2870, {}) == (caught.value.retry_after, read_coverage(store.raw).denied)


def test_thread_23_a_stray_line_end_in_the_key(nasa, store):
    """nasa/apod-api#56: said before anything is sent."""
    with pytest.raises(Misconfigured, match=r"apod_api holds a character that cannot be sent \(a line end\?\)"):
        ingest(nasa.sources(key="a key\n"), store, nasa.scope)

    assert 0 == nasa.service.requests


@pytest.mark.parametrize("kind", ["no_key", "error", "over_quota", "html", "reset", "gone"])
def test_thread_24_keys_leak(nasa, store, caplog, kind):
    """nasa/apod-api#14: no address, log line or exception holds the key."""
    nasa.service.gateway.keys["MARKED-KEY"] = Quota()
    nasa.fault(kind)
    with pytest.raises((Misconfigured, Unavailable, RateLimited, SourceChanged)) as caught:
        ingest(nasa.sources(key="MARKED-KEY"), store, nasa.scope)

    assert "MARKED-KEY" not in "".join(
        [caplog.text, str(caught.value), repr(caught.value.__cause__), *nasa.service.request_log]
    )


def test_thread_25_which_header_which_window(nasa, store):
    """nasa/apod-api#64, #5: what the answers say counts, not a number of ours; the run stops before it is refused."""
    nasa.service.gateway.keys["a key"] = Quota(2)
    nasa.scope = replace(nasa.scope, archive=Span(date(2026, 8, 1), date(2026, 11, 23)))
    first = run_at(nasa, store)
    second = run_at(nasa, store, NOON + timedelta(hours=1))
    third = run_at(nasa, store, NOON + timedelta(hours=2))

    assert [(54, 2), (30, 1), (31, 0)] == [(r.facts["added"], r.facts["months_left"]) for r in (first, second, third)]
