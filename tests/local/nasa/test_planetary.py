"""The stand-in of the planetary service keeps its contract, word for word."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from include.apod.sources import Absent
from local.nasa.archive import record_of
from local.nasa.gateway import Quota
from tests.helpers.project import NOON

ALLOWED = (
    "Allowed request fields for apod method are 'concept_tags', 'date', 'hd', 'count', 'start_date', 'end_date', "
    "'thumbs'"
)
BAD = date(2026, 10, 12)
OCTOBER = {"start_date": "2026-10-01", "end_date": "2026-10-31"}


@pytest.fixture
def ask(nasa):
    """Asks the service a question."""

    def asking(path="/planetary/apod", headers=None, **query):
        return httpx.get(f"{nasa.url}{path}", params=query, headers={"X-Api-Key": "a key"} | (headers or {}))

    return asking


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ({"date": "2020-06-10"}, 404, "No data available for date: 2020-06-10"),
        ({"date": "2020-6-10"}, 404, "No data available for date: 2020-6-10"),
        ({"date": "1995-06-15"}, 400, "Date must be between Jun 16, 1995 and Nov 23, 2026."),
        ({"date": "2026-11-24"}, 400, "Date must be between Jun 16, 1995 and Nov 23, 2026."),
        ({"date": "banana"}, 400, "time data 'banana' does not match format '%Y-%m-%d'"),
        ({"date": "2026-02-30"}, 400, "day is out of range for month"),
        ({"date": "2026-11-01T00:00"}, 400, "unconverted data remains: T00:00"),
        ({"start_date": "2026-11-02", "end_date": "2026-11-01"}, 400, "start_date cannot be after end_date"),
        ({"count": "0"}, 400, "Count must be positive and cannot exceed 100"),
        ({"count": "101"}, 400, "Count must be positive and cannot exceed 100"),
        ({"count": "abc"}, 400, "invalid literal for int() with base 10: 'abc'"),
        ({"end_date": "2026-11-01"}, 400, f"Bad Request: invalid field combination passed. {ALLOWED}"),
        ({"date": "2026-11-01", "count": "3"}, 400, f"Bad Request: invalid field combination passed. {ALLOWED}"),
        ({"since": "2026-11-01"}, 400, f"Bad Request: incorrect field passed. {ALLOWED}"),
    ],
)
def test_the_services_own_errors(ask, query, status, message):
    """Status, shape and words as the real service gives them."""
    answer = ask(**query)

    assert status == answer.status_code
    assert {"code": status, "msg": message, "service_version": "v1"} == answer.json()


def test_a_range_is_ascending_a_single_day_an_object(ask):
    """A range of one day is a list all the same; days without a picture are left out."""
    days = [r["date"] for r in ask(start_date="2026-10-30", end_date="2026-11-02").json()]

    assert ["2026-10-30", "2026-10-31", "2026-11-01", "2026-11-02"] == days
    assert record_of(date(2026, 11, 2)) == ask(date="2026-11-02").json()
    assert [record_of(date(2026, 11, 2))] == ask(start_date="2026-11-02", end_date="2026-11-02").json()
    assert [] == ask(start_date="1995-06-17", end_date="1995-06-19").json()


def test_no_end_is_today_and_no_date_is_the_home_page(ask):
    """Whatever stands there."""
    assert 23 == len(ask(start_date="2026-11-01").json())
    assert "2026-11-23" == ask().json()["date"]


def test_the_older_path_answers_too(ask):
    """As the service's own repository has it."""
    assert "2026-11-23" == ask("/v1/apod/", date="2026-11-23").json()["date"]


def test_random_days_are_random_but_repeatable(nasa, ask):
    """Unordered; the seed decides."""
    nasa.service.seed = 7
    first = [record["date"] for record in ask(count=20).json()]
    nasa.service.requests = 0
    again = [record["date"] for record in ask(count=20).json()]

    assert first == again
    assert sorted(first) != first


def test_any_text_asks_for_concept_tags(ask):
    """Even "False", and they are turned off."""
    said = ask(date="2026-11-20", concept_tags="False").json()

    assert "concept_tags functionality turned off in current service" == said["concepts"]
    assert sorted(said) == [*said]


@pytest.mark.parametrize(
    ("url", "still"),
    [
        ("https://www.youtube.com/embed/abc?rel=0", "https://img.youtube.com/vi/abc/0.jpg"),
        ("https://video.example/a", ""),
    ],
)
def test_thumbs_are_for_videos_and_may_be_empty(nasa, ask, url, still):
    """Only for the word `true`."""
    nasa.service.edit(BAD, media_type="video", url=url, hdurl=None)

    assert still == ask(date=f"{BAD}", thumbs="True").json()["thumbnail_url"]
    assert "thumbnail_url" not in ask(date=f"{BAD}", thumbs="1").json()


def test_todays_picture_comes_five_past_midnight_in_new_york(nasa, ask):
    """Before that the service's day exists, but has no picture; a lag makes it later still."""
    before = datetime(2026, 11, 23, 5, 4, tzinfo=UTC)
    status = []
    for clock in (
        {"now": before.isoformat()},
        {"now": (before + timedelta(minutes=1)).isoformat()},
        {"now": (before + timedelta(hours=6)).isoformat(), "lag_hours": 7},
    ):
        httpx.post(f"{nasa.url}/-/clock", json=clock)
        nasa.service.remembered.clear()
        status.append(ask(date="2026-11-23").status_code)

    assert [404, 200, 404] == status


def test_a_single_day_is_remembered_for_good(nasa, ask):
    """A worker never looks again; ranges do. So the two may disagree."""
    ask(date=f"{BAD}")
    nasa.service.edit(BAD, title="Edited")

    assert "Edited" != ask(date=f"{BAD}").json()["title"]
    assert "Edited" == ask(start_date=f"{BAD}", end_date=f"{BAD}").json()[0]["title"]


@pytest.mark.parametrize(("poisonous", "status", "days"), [(True, 500, 0), (False, 200, 30)])
def test_a_bad_day_fails_its_ranges_or_is_left_out_of_them(nasa, ask, poisonous, status, days):
    """2023 and 2026."""
    nasa.service.poisonous = poisonous
    nasa.fault("bad_day", first=BAD, last=BAD)
    answer = ask(**OCTOBER)

    assert (500, "Internal Service Error") == (ask(date=f"{BAD}").status_code, ask(date=f"{BAD}").json()["msg"])
    assert (status, days) == (answer.status_code, len(answer.json()) if status == 200 else 0)


@pytest.mark.parametrize(("page_seconds", "status"), [(1.9, 200), (2, 504)])
def test_a_range_costs_a_page_a_day(nasa, ask, page_seconds, status):
    """Over a minute the gateway gives up, with a page."""
    nasa.service.page_seconds = page_seconds

    assert status == ask(**OCTOBER).status_code


def test_edits_and_what_was_filled_in_come_at_their_time(nasa, ask):
    """Also by lines of a file, as they were captured from the real service."""
    later = NOON + timedelta(hours=1)
    nasa.fault("missing", first=BAD, last=BAD, until=later)
    line = {"date": "2026-10-13", "seen_after": later.isoformat(), "new": {"title": "Edited", "hdurl": None}}
    httpx.post(f"{nasa.url}/-/edits", json=line)
    before = {record["date"]: record for record in ask(**OCTOBER).json()}
    nasa.service.now = lambda: later
    after = {record["date"]: record for record in ask(**OCTOBER).json()}

    assert {f"{BAD}"} == after.keys() - before.keys()
    assert ("Edited", False) == (after["2026-10-13"]["title"], "hdurl" in after["2026-10-13"])
    assert {"2026-10-13"} == {day for day in before if before[day] != after[day]}


def test_a_release_rewrites_history_in_bulk(nasa, ask):
    """Early in 2026: rights were trimmed and `other` became video."""
    from local.nasa.state import trimmed

    nasa.service.rewrite = trimmed
    months = [ask(start_date=f"{year}-03-01", end_date=f"{year}-03-31").json() for year in range(1996, 2026)]
    records = [record for month in months for record in month]

    assert {"image", "video"} == {record["media_type"] for record in records}
    assert [] == [record for record in records if "\n" in record.get("copyright", "")]


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ({}, 403, "API_KEY_MISSING"),
        ({"headers": {"X-Api-Key": "wrong"}}, 403, "API_KEY_INVALID"),
        ({"params": {"api_key": "wrong"}}, 403, "API_KEY_INVALID"),
        ({"headers": {"X-Api-Key": "a key"}}, 200, None),
        ({"params": {"api_key": "a key"}}, 200, None),
        ({"auth": ("a key", "")}, 200, None),
    ],
)
def test_the_gateway_looks_at_the_key_first(nasa, how, status, code):
    """In a header, in the query, or as the user's name; its errors have a shape of their own."""
    answer = httpx.get(f"{nasa.url}/planetary/apod", **how)

    assert (status, code) == (answer.status_code, answer.json().get("error", {}).get("code"))


def test_a_client_that_reads_pages_gets_pages(ask):
    """Errors of the gateway only."""
    answer = ask(headers={"X-Api-Key": "wrong", "Accept": "text/html"})

    assert (403, "text/html; charset=utf-8") == (answer.status_code, answer.headers["Content-Type"])
    assert "API_KEY_INVALID" in answer.text


def test_a_wrong_path_is_the_gateways_404(ask):
    """Not the service's, which is about a day."""
    answer = ask("/planetary/nothing")

    assert (404, "NOT_FOUND") == (answer.status_code, answer.json()["error"]["code"])


def test_quotas_roll(nasa, ask):
    """By the hour and by the day, with what is left in every answer; 429 says how long it lasts."""
    nasa.service.gateway.keys["a key"] = Quota(2, 3)
    said = []
    for minutes in (0, 10, 20, 60, 61, 70, 1441):
        nasa.service.now = lambda minutes=minutes: NOON + timedelta(minutes=minutes)
        answer = ask(date="2026-11-01")
        said.append((answer.status_code, answer.headers["X-RateLimit-Remaining"], answer.headers.get("Retry-After")))

    assert [
        (200, "1", None),
        (200, "0", None),
        (429, "0", "2400"),
        (200, "0", None),
        (429, "0", f"{(1440 - 61) * 60}"),
        (429, "0", f"{(1440 - 70) * 60}"),
        (200, "1", None),
    ] == said


def test_requests_are_counted(nasa, ask):
    """So that a benchmark can say how many were made."""
    ask(date="2026-11-01")

    assert {"requests": 1} == httpx.get(f"{nasa.url}/-/requests").json()
    assert ["/planetary/apod?date=2026-11-01"] == [*nasa.service.request_log]


def test_the_date_of_an_answer_is_the_stand_ins_own(ask):
    """A client may compare its clock with it."""
    assert "Mon, 23 Nov 2026 17:00:00 GMT" == ask(date="2026-11-01").headers["Date"]


def test_a_switch_that_is_none_says_so(nasa):
    """And a fault that is none."""
    assert 404 == httpx.post(f"{nasa.url}/-/clocks", json={}).status_code
    assert 422 == httpx.post(f"{nasa.url}/-/faults", json=[{"kind": "gremlins"}]).status_code


def test_two_services_that_are_asked_at_once_do_not_mix(nasa):
    """What is wrong with one is not what the other answers, however their requests overlap."""
    nasa.fault("hang", service="planetary", seconds=0.5)
    nasa.fault("missing", service="basic", first=BAD, last=BAD)
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(nasa.source("planetary").fetch_day, BAD)
        time.sleep(0.1)
        fast = pool.submit(nasa.source("basic").fetch_day, BAD)

        assert isinstance(fast.result(), Absent)
        assert f"{BAD}" == slow.result()["date"]
