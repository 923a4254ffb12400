"""The planetary service, through real HTTP."""

import json
from datetime import date

import pytest
from starlette.responses import Response

from include.apod.days import Span
from include.apod.errors import Misconfigured, RateLimited, SourceChanged, Unavailable
from include.apod.sources.planetary import Planetary
from local.archive import record_of

JUNE = Span(date(1995, 6, 16), date(1995, 6, 22))
DAY = date(2026, 11, 20)


@pytest.fixture
def answering(nasa):
    """Makes the service give one answer to everything."""

    def answer(body, status=200, **headers):
        text = body if isinstance(body, str) else json.dumps(body)
        nasa.service.reply = lambda: Response(text, status, headers)
        return nasa.source()

    return answer


def test_a_range_is_answered_by_day(nasa):
    """Days without a picture are left out."""
    expected = {
        day: record_of(day) for day in JUNE if day not in (date(1995, 6, 17), date(1995, 6, 18), date(1995, 6, 19))
    }

    assert expected == nasa.source().fetch(JUNE)


def test_a_day_without_a_picture_is_the_services_own_word(nasa):
    """The body is kept as evidence."""
    said = nasa.source().fetch_day(date(2020, 6, 10))

    assert said.status == 404
    assert json.loads(said.body)["msg"] == "No data available for date: 2020-06-10"


def test_the_key_travels_as_a_header_only(nasa):
    """A URL ends up in logs and exception texts."""
    source = nasa.source()
    answer = source._get({"date": f"{DAY}"})

    assert answer.request.headers["X-Api-Key"] == "a key"
    assert "key" not in answer.request.url


@pytest.mark.parametrize(
    ("body", "status", "error", "match"),
    [
        ({"error": {"code": "API_KEY_INVALID"}}, 403, Misconfigured, "API_KEY_INVALID.*apod_api"),
        ({"error": {"code": "OVER_RATE_LIMIT"}}, 429, RateLimited, "OVER_RATE_LIMIT.*Over quota"),
        ({"code": 500, "msg": "Internal Service Error"}, 500, Unavailable, "500 .*Internal Service Error"),
        ("<html>hello</html>", 200, SourceChanged, "not JSON: <html>hello"),
        ({"date": "2026-11-20"}, 200, SourceChanged, "dict, not a list"),
        ([{"title": "no date"}], 200, SourceChanged, "without a date"),
        ([{"date": "2001-01-01"}], 200, SourceChanged, "answered 2001-01-01 too"),
        ([{"date": "2026-11-20", "title": "NASA Science"}], 200, SourceChanged, "placeholder.*Nothing was stored"),
        ([{"date": "2026-11-20", "url": "x/nasa-logo@2x.png"}], 200, SourceChanged, "placeholder"),
        ({"code": 400, "msg": "Bad Request"}, 400, SourceChanged, "400 .*Bad Request"),
    ],
)
def test_an_answer_that_is_no_picture_is_refused_by_name(answering, body, status, error, match):
    """Each kind of answer has one decision, and the message says what was seen."""
    with pytest.raises(error, match=match):
        answering(body, status).fetch(Span(DAY, DAY))


def test_a_rate_limit_says_how_long(answering):
    """Airflow retries when the service said it would answer again."""
    with pytest.raises(RateLimited, match="Over quota") as caught:
        answering({"error": {}}, 429, **{"Retry-After": "2870"}).fetch(Span(DAY, DAY))

    assert caught.value.retry_after == 2870


def test_a_404_of_the_gateway_is_no_evidence(answering):
    """Only the service's own 404 says that a day has no picture."""
    with pytest.raises(SourceChanged, match="404"):
        answering("<html>Not Found</html>", 404).fetch_day(DAY)


def test_another_day_than_asked_for_is_refused(answering):
    """The date is data: taken from the record, compared with the question."""
    with pytest.raises(SourceChanged, match="asked for 2026-11-20 and answered 2026-11-19"):
        answering({"date": "2026-11-19", "title": "t"}).fetch_day(DAY)


def test_nobody_there_is_unavailable_without_the_key():
    """No secret enters an exception text."""
    with pytest.raises(Unavailable, match="did not answer") as caught:
        Planetary("http://127.0.0.1:9", "SECRETKEY", 0).fetch(Span(DAY, DAY))

    assert "SECRETKEY" not in str(caught.value)


def test_a_key_with_a_line_end_is_a_configuration_error():
    """A pasted key often brings one."""
    with pytest.raises(Misconfigured, match="apod_api"):
        Planetary("http://127.0.0.1:9", "KEY\n", 0).fetch(Span(DAY, DAY))
