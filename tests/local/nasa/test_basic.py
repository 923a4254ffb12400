"""The stand-in of the replacement service keeps its contract, as far as that is known."""

from datetime import date

import httpx
import pytest

from local.nasa.archive import record_of

ARTICLE = [
    "date", "post_id", "title", "permalink", "media_type", "explanation", "credit", "copyright", "alt", "url", "hdurl",
    "basic_html", "basic_html_url",
]  # fmt: skip


@pytest.fixture
def ask(nasa):
    def asking(path="", **query):
        return httpx.get(f"{nasa.url}/wp-json/wp/v2/apod-basic{path}", params=query)

    return asking


def days(answer):
    return [record["date"] for record in answer.json()]


def test_without_a_question_it_is_the_newest_25(ask):
    """Newest first, no key; the totals are in the headers."""
    answer = ask()

    assert ("2026-11-23", "2026-10-30", 25) == (days(answer)[0], days(answer)[-1], len(answer.json()))
    assert ("11480", "460") == (answer.headers["X-WP-Total"], answer.headers["X-WP-TotalPages"])
    assert "X-RateLimit-Remaining" not in answer.headers


def test_a_range_in_pages(ask):
    """Two digits of the year; a page past the end is the first again."""
    pages = [days(ask(date_from="261001", date_to="261031", page=page)) for page in (1, 2, 3)]

    assert [25, 6, 25] == [*map(len, pages)]
    assert pages[0] == pages[2]
    assert ("2026-10-31", "2026-10-01") == (pages[0][0], pages[1][-1])


@pytest.mark.parametrize(("most", "shown"), [(25, 25), (100, 31)])
def test_how_large_a_page_may_be_is_not_agreed(nasa, ask, most, shown):
    """The guide says 25, a user has seen more."""
    nasa.service.largest_page = most

    assert shown == len(days(ask(date_from="261001", date_to="261031", per_page=31)))


def test_unknown_parameters_are_not_seen(ask):
    """Those of the planetary service, too: 25 days that nobody asked for."""
    assert days(ask()) == days(ask(start_date="2020-01-01", end_date="2020-01-02", date="2020-01-01", count=3))


@pytest.mark.parametrize(
    ("path", "query", "status", "code"),
    [
        ("/200610", {}, 404, "apod_basic_not_found"),
        ("/261124", {}, 404, "apod_basic_not_found"),
        ("/269999", {}, 404, "apod_basic_not_found"),
        ("/no/such/route", {}, 404, "rest_no_route"),
        ("", {"date_from": "october"}, 400, "rest_invalid_param"),
        ("", {"page": "0"}, 400, "rest_invalid_param"),
        ("", {"per_page": "x"}, 400, "rest_invalid_param"),
    ],
)
def test_its_errors(ask, path, query, status, code):
    """In the shape of its own system."""
    answer = ask(path, **query)

    assert (status, code, status) == (answer.status_code, answer.json()["code"], answer.json()["data"]["status"])


def test_one_day_is_an_article(ask):
    """Texts in HTML; `url` is the article's, the picture is behind a service that resizes."""
    record = record_of(date(2026, 11, 20))
    said = ask("/261120").json()

    assert ARTICLE == [*said]
    assert said["explanation"].startswith("<strong>Explanation: </strong><a href=")
    assert "Tomorrow’s picture: </strong>" in said["explanation"]
    assert (said["permalink"], True) == (said["url"], said["hdurl"].startswith(f"{record['hdurl']}?w="))
    assert said["basic_html"] == ask("/261120/html").text


def test_a_video_is_in_the_page_only(nasa, ask):
    """`hdurl` is a still of something."""
    nasa.service.edit(date(2026, 11, 20), media_type="video", url="https://video.example/a?b=1&c=2", hdurl=None)
    said = ask("/261120").json()

    assert ("iframe", True) == (said["media_type"], "generic.jpg" in said["hdurl"])
    assert 'src="https://video.example/a?b=1&amp;c=2"' in said["basic_html"]
