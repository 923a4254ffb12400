"""The planetary service, through real HTTP."""

import json
from datetime import date

import pytest

from include.apod.days import Span
from include.apod.errors import Misconfigured, SourceChanged
from include.apod.sources import Absent
from include.apod.sources.planetary import Planetary
from local.nasa.archive import record_of

JUNE = Span(date(1995, 6, 16), date(1995, 6, 22))
DAYS = Span(date(2026, 11, 19), date(2026, 11, 20))
DAY = DAYS.last


def test_a_range_is_answered_by_day(nasa):
    """Days without a picture are left out."""
    expected = {day: record_of(day) for day in JUNE if record_of(day)}

    assert expected == nasa.source().fetch(JUNE)
    assert [16, 20, 21, 22] == [day.day for day in expected]


def test_a_day_without_a_picture_is_the_services_own_word(nasa):
    """The body is kept as evidence."""
    said = nasa.source().fetch_day(date(2020, 6, 10))

    assert said.status == 404
    assert json.loads(said.body)["msg"] == "No data available for date: 2020-06-10"


def test_the_key_travels_as_a_header_only(nasa):
    """A URL ends up in logs and exception texts."""
    source = nasa.source()
    answer = source.get(source.url, {"date": f"{DAY}"})

    assert answer.request.headers["X-Api-Key"] == "a key"
    assert "key" not in answer.request.url


@pytest.mark.parametrize(
    ("fault", "error", "match"),
    [
        ({"kind": "no_key"}, Misconfigured, "API_KEY_INVALID.*apod_api"),
        ({"kind": "http_only"}, Misconfigured, "HTTPS_REQUIRED.*https://"),
        ({"kind": "gone"}, SourceChanged, "404 .*NOT_FOUND.*Is the host of connection apod_api right"),
        ({"kind": "reply", "status": 200, "text": "{}"}, SourceChanged, "dict, not a list"),
        ({"kind": "reply", "status": 200, "text": "[1]"}, SourceChanged, "a record without a date: 1"),
        ({"kind": "reply", "status": 200, "text": '[{"title": "t"}]'}, SourceChanged, "without a date"),
        ({"kind": "reply", "status": 200, "text": '[{"date": "2001-1-1"}]'}, SourceChanged, "without a date"),
        ({"kind": "reply", "status": 400, "text": '{"code": 400, "msg": "Bad"}'}, SourceChanged, "400 .*Bad"),
        ({"kind": "misdated", "other_day": date(2001, 1, 1)}, SourceChanged, "asked for .* and answered 2001-01-01"),
    ],
)
def test_an_answer_that_is_not_what_was_asked_for_is_refused_by_name(nasa, fault, error, match):
    """Each kind of answer has one decision, and the message says what was seen."""
    nasa.fault(**fault)
    with pytest.raises(error, match=match):
        nasa.source().fetch(DAYS)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "gone"},
        {"kind": "status", "status": 404},
        {"kind": "reply", "status": 404, "text": '{"code": 404, "msg": "Sorry, Nothing at this URL."}'},
    ],
)
def test_any_other_404_is_no_evidence(nasa, fault):
    """Only the service's own word for that day says that it has no picture."""
    nasa.fault(**fault)
    with pytest.raises(SourceChanged, match="404"):
        nasa.source().fetch_day(DAY)


def test_another_day_than_asked_for_is_refused(nasa):
    """The date is data: taken from the record, compared with the question."""
    nasa.fault("misdated", other_day=DAYS.first)
    with pytest.raises(SourceChanged, match="asked for 2026-11-20 and answered 2026-11-19"):
        nasa.source().fetch_day(DAY)


def test_a_picture_of_tomorrow_is_no_absence(nasa):
    """The service calls the future a bad request, not an absence."""
    with pytest.raises(SourceChanged, match="Date must be between Jun 16, 1995 and Nov 23, 2026"):
        nasa.source().fetch_day(date(2026, 11, 24))


def test_without_a_slash_or_with_one(nasa):
    """Both are ways to write a base URL."""
    source = Planetary(f"{nasa.url}/", "a key", 0, nasa.service.now())

    assert not isinstance(source.fetch_day(DAY), Absent)
