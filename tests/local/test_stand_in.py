"""The stand-in of NASA's service keeps the contract, and its archive the real one's shapes."""

from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from local.archive import FICTION, FIRST_DAY, NEVER_PUBLISHED, record_of

RECORDS = [record for n in range(11484) if (record := record_of(FIRST_DAY + timedelta(days=n)))]


def ask(nasa, key="a key", **query):
    headers = {"X-Api-Key": key} if key else {}
    return httpx.get(f"{nasa.url}/planetary/apod", params=query, headers=headers)


def test_the_archive_lacks_the_four_real_days_and_no_other():
    """Up to 2026-11-23 they are 11,480 pictures."""
    assert len(RECORDS) == 11480
    assert [record_of(day) for day in NEVER_PUBLISHED] == [None] * 4


def test_the_archive_is_the_same_every_time():
    """Equal raw stores give equal CSVs on every machine."""
    assert record_of(date(2003, 9, 9)) == record_of(date(2003, 9, 9))


def test_the_archive_is_openly_fiction():
    """Nobody may take it for NASA's."""
    assert [
        r["date"] for r in RECORDS if r["explanation"] and FICTION not in r["explanation"].replace("\ufffd", "o")
    ] == []


@pytest.mark.parametrize(
    "shape",
    [
        lambda r: r["media_type"] == "video" and "hdurl" not in r,
        lambda r: r["media_type"] == "other" and "url" not in r,
        lambda r: r.get("url", "").startswith("//"),
        lambda r: "copyright" not in r,
        lambda r: "\n" in r.get("copyright", ""),
        lambda r: "\r\n" in r["title"],
        lambda r: '"' in r["title"],
        lambda r: r["explanation"] == "",
        lambda r: r["explanation"].startswith("\r"),
        lambda r: "\ufffd" in r["explanation"],
        lambda r: "\u00a0\t" in r["explanation"],
        lambda r: not r["title"].isascii(),
        lambda r: "%" in r["explanation"],
    ],
)
def test_the_archive_has_every_shape_of_the_real_one(shape):
    """Each of them breaks some naive pipeline."""
    assert any(map(shape, RECORDS))


def test_keys_are_in_the_services_order():
    """Alphabetical, as the service sends them."""
    assert [*map(sorted, RECORDS)] == [*map(list, RECORDS)]


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ({"date": "2020-06-10"}, 404, "No data available for date: 2020-06-10"),
        ({"date": "1995-06-15"}, 400, "Date must be between Jun 16, 1995 and Nov 23, 2026."),
        ({"date": "2026-11-24"}, 400, "Date must be between Jun 16, 1995 and Nov 23, 2026."),
        ({"date": "banana"}, 400, "time data 'banana' does not match format '%Y-%m-%d'"),
        ({"start_date": "2026-11-02", "end_date": "2026-11-01"}, 400, "start_date cannot be after end_date"),
        ({"end_date": "2026-11-01"}, 400, "Bad Request: invalid field combination passed."),
        ({"date": "2026-11-01", "start_date": "2026-11-01"}, 400, "Bad Request: invalid field combination passed."),
        ({"since": "2026-11-01"}, 400, "Bad Request: incorrect field passed."),
    ],
)
def test_the_services_own_errors(nasa, query, status, message):
    """Status, shape and words as the real service gives them."""
    answer = ask(nasa, **query)

    assert (status, status, "v1") == (answer.status_code, answer.json()["code"], answer.json()["service_version"])
    assert answer.json()["msg"].startswith(message)


def test_no_key_is_refused_by_the_gateway(nasa):
    """In the gateway's shape, not the service's."""
    answer = ask(nasa, key=None, date="2026-11-01")

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "API_KEY_MISSING")


def test_a_range_is_ascending_a_single_day_an_object(nasa):
    """As the real service does."""
    days = [r["date"] for r in ask(nasa, start_date="2026-10-30", end_date="2026-11-02").json()]

    assert days == ["2026-10-30", "2026-10-31", "2026-11-01", "2026-11-02"]
    assert ask(nasa, date="2026-11-02").json()["date"] == "2026-11-02"


def test_todays_picture_comes_five_past_midnight_in_new_york(nasa):
    """Before that the service's day exists, but has no picture."""
    before = datetime(2026, 11, 23, 5, 4, tzinfo=UTC)
    httpx.post(f"{nasa.url}/-/clock", json={"now": before.isoformat()})
    early = ask(nasa, date="2026-11-23").status_code
    httpx.post(f"{nasa.url}/-/clock", json={"now": (before + timedelta(minutes=1)).isoformat()})
    late = ask(nasa, date="2026-11-23").status_code

    assert (early, late) == (404, 200)


def test_requests_are_counted(nasa):
    """So that a benchmark can say how many were made."""
    ask(nasa, date="2026-11-01")

    assert httpx.get(f"{nasa.url}/-/requests").json() == {"requests": 1}
