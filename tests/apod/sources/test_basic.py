"""The replacement service, through real HTTP, and its records in the planetary service's form."""

import json
from datetime import date
from html import escape

import pytest

from include.apod.days import Span
from include.apod.errors import SourceChanged
from include.apod.sources import basic
from local.nasa.archive import record_of
from local.nasa.basic import article
from tests.helpers.project import PROJECT

OCTOBER = Span(date(2026, 10, 1), date(2026, 10, 31))
JUNE = Span(date(1995, 6, 16), date(1995, 6, 22))
DAY = date(2026, 11, 20)
ARTICLE = {
    "date": "2026-09-29",
    "post_id": 7,
    "title": "Sh2-188 &amp; the Shrimp&#8217;s Tail",
    "permalink": "https://science.example/article/",
    "media_type": "image",
    "explanation": "<strong>Explanation: </strong>"
    "What <em>is</em> it?<br>A <a href='x'>cloud</a>\n of gas &lt; 9&nbsp;K.",
    "credit": "somebody",
    "copyright": '<a href="https://people.example/">Ada <b>Nemo</b></a>; <em>Text</em>: J.&nbsp;Doe',
    "alt": "a cloud",
    "url": "https://science.example/article/",
    "hdurl": "https://assets.example/a.jpg?w=2048&h=2560&fit=clip",
    "basic_html": "<!doctype html><p>no player here</p>",
    "basic_html_url": "https://science.example/html",
}


def normalised(**changed):
    return basic.read({**ARTICLE, **changed}).fields


def test_a_month_takes_two_pages_and_is_sorted(nasa):
    """Newest first, 25 a page; each date once."""
    source = nasa.source("basic")
    found = source.fetch(OCTOBER)

    assert [*OCTOBER] == [*found]
    assert 2 == source.requests


def test_one_page_where_the_service_allows_it(nasa):
    """A user has seen larger pages than the guide promises."""
    nasa.service.largest_page = 100
    source = nasa.source("basic")

    assert ([*OCTOBER], 1) == ([*source.fetch(OCTOBER)], source.requests)


def test_a_page_size_that_is_refused_is_not_tried_again(nasa):
    """Then it is the one that the guide promises."""
    nasa.service.refuses_page_size = True
    source = nasa.source("basic")
    source.fetch(OCTOBER)

    assert ([*OCTOBER], 5) == ([*source.fetch(OCTOBER)], source.requests)


def test_a_page_past_the_end_that_begins_again_ends_it(nasa):
    """Where the number of pages is not said, a date that repeats does."""
    nasa.service.says_totals = False
    source = nasa.source("basic")

    assert ([*OCTOBER], 2) == ([*source.fetch(OCTOBER)], source.requests)


def test_days_without_a_picture_are_left_out(nasa):
    """As in the planetary service."""
    assert [16, 20, 21, 22] == [day.day for day in nasa.source("basic").fetch(JUNE)]


@pytest.mark.parametrize("day", [date(1995, 6, 16), date(1999, 12, 31), date(2000, 1, 1), date(2026, 11, 23)])
def test_two_digits_of_a_year_are_the_right_century(nasa, day):
    """950616 is 1995, 260916 is 2026."""
    assert f"{day}" == nasa.source("basic").fetch_day(day)["date"]


def test_a_day_without_a_picture_is_the_services_own_word(nasa):
    """The body is kept as evidence."""
    said = nasa.source("basic").fetch_day(date(2020, 6, 10))

    assert (404, "apod_basic_not_found") == (said.status, json.loads(said.body)["code"])


@pytest.mark.parametrize(
    ("fault", "match"),
    [
        ({"kind": "status", "status": 404}, "404"),
        ({"kind": "reply", "status": 404, "text": '{"code": "rest_no_route"}'}, "rest_no_route"),
        ({"kind": "reply", "status": 403, "text": "{}"}, "403"),
    ],
)
def test_any_other_404_is_no_evidence(nasa, fault, match):
    """Only the service's own word for that day is."""
    nasa.fault(**fault)
    with pytest.raises(SourceChanged, match=match):
        nasa.source("basic").fetch_day(DAY)


def test_ignored_parameters_are_seen_in_the_dates(nasa):
    """Twenty-five unrelated days with status 200."""
    nasa.service.ignores_parameters = True
    with pytest.raises(SourceChanged, match=r"basic was asked for 2026-10-01..2026-10-31 and answered 2026-10-30, "):
        nasa.source("basic").fetch(OCTOBER)


def test_a_record_in_the_one_form():
    """`url` is the picture and not the article; texts are what a browser would show."""
    assert {
        "date": "2026-09-29",
        "title": "Sh2-188 & the Shrimp’s Tail",
        "explanation": "What is it? A cloud of gas < 9 K.",
        "media_type": "image",
        "url": "https://assets.example/a.jpg",
        "hdurl": "https://assets.example/a.jpg",
        "copyright": "Ada Nemo; Text: J. Doe",
        "page_url": "https://science.example/article/",
        "credit": "somebody",
        "alt": "a cloud",
    } == normalised()


@pytest.mark.parametrize("mark", ["'", "’", "&#8217;", "&rsquo;"])
def test_tomorrows_picture_is_cut_off(mark):
    """And what follows it: links and notes of the page."""
    text = f"<strong>Explanation: </strong> Text.<br><strong>Tomorrow{mark}s picture: </strong>a harvest<hr>Notes"

    assert "Text." == normalised(explanation=text)["explanation"]


def test_apostrophes_stay_what_they_are():
    """Only the search for the tail makes them equal."""
    assert "The moon’s 'shadow'." == normalised(explanation="The moon’s 'shadow'.")["explanation"]


@pytest.mark.parametrize(
    ("kind", "html", "url"),
    [
        ("iframe", '<iframe width="960" src="https://www.youtube.com/embed/x?rel=0&amp;a=b"></iframe>',
         "https://www.youtube.com/embed/x?rel=0&a=b"),
        ("video", '<video controls><source src="https://a.example/b.mp4" type="video/mp4"></video>',
         "https://a.example/b.mp4"),
        ("video", '<video src="https://a.example/b.mp4"></video>', "https://a.example/b.mp4"),
        ("video", '<p>see <a href="https://a.example/b.mp4">this</a></p>', "https://a.example/b.mp4"),
        ("video", "<p>nothing", None),
    ],
)  # fmt: skip
def test_a_video_is_what_the_page_plays(kind, html, url):
    """`hdurl` is but a still, sometimes a generic one."""
    record = normalised(media_type=kind, basic_html=html)

    assert ("video", url, None) == (record["media_type"], record.get("url"), record.get("hdurl"))


@pytest.mark.parametrize(
    "text", ["", "https://a.example/", "<", "<b", "&", "<script>var x = 1;</script>", "]]>", "<![--&!"]
)
def test_odd_html_is_read_all_the_same(text):
    """And a script is no text."""
    assert "var" not in normalised(explanation=text).get("explanation", "")


@pytest.mark.parametrize("value", [None, 7, ["a"], {"b": 1}])
def test_what_is_no_text_is_left_for_the_rules(value):
    """They name it; nothing is guessed."""
    assert value == normalised(title=value).get("title")


@pytest.mark.parametrize("day", [*OCTOBER])
def test_the_same_picture_from_both_services(day):
    """But for white space, and credits that the planetary service does not give."""
    legacy, record = record_of(day), basic.read(article(record_of(day))).fields

    assert " ".join(legacy["explanation"].partition("Tomorrow's picture")[0].split()) == record["explanation"]
    assert (legacy["date"], legacy["title"]) == (record["date"], record["title"])
    assert ("image" == legacy["media_type"]) == ("image" == record["media_type"])
    assert [legacy.get("url"), legacy.get("hdurl")] == [record.get("url"), record.get("hdurl")]


def test_the_real_samples_are_read():
    """Records of the service as others captured them."""
    path = PROJECT.parent / "shared" / "apod" / "replacement-api-samples.json"
    if not path.exists():
        pytest.skip("the captured samples are not there")
    samples = json.loads(path.read_text())
    one, two = (basic.read(samples[name]).fields for name in ("single_260916", "single_260929"))

    assert "What causes the swirl in the Shrimp Nebula? Stars & gas." == two["explanation"]
    assert (two["hdurl"], "Pawel Piechnik") == (two["url"], two["copyright"])
    assert one["copyright"].endswith("Thilker (JHU); Processing: G. Kober (NASA/Catholic University)")
    assert escape(one["title"], quote=False) == samples["single_260916"]["title"]
