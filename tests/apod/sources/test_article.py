"""The shapes that the replacement service's users report, each with one of its kind that nobody reported yet."""

from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from include.apod.days import Span
from include.apod.sources import basic
from include.apod.sources.article import explanation_of, is_hostile, medium_of, text_of
from include.apod.sources.gate import by_day

ASSETS = "https://assets.science.nasa.gov"
OWN = f"{ASSETS}/content/dam/science/cds/apod/apod/1995/june/lens.gif"
STOCK = f"{ASSETS}/dynamicimage/assets/science/astro/programs/cosmic-origins/images/misc/thumb.png?w=594&h=516&fit=clip"
OTHER_STOCK = f"{ASSETS}/content/dam/science/missions/hubble/releases/placeholder.jpg"
PICTURE = f'<center><p>1995 June 16<br><IMG SRC="{OWN}"></center>'
PAGE_PARTS = (
    *("<html>", "<BODY>", "</p>", "<br>", "<!doctype html>", "text", "&lt;", '"', "'", ">", "<", "</", "<!--", "-->"),
    *(PICTURE, "<script>", "</script>", f"<video><source src='{OWN}'></video>", "<p title='", "<b", "<b/>", "<h1"),
)
PERMALINK = "https://science.nasa.gov/image-article/apod-2007-july-13-a-street/"


def reading(**fields):
    record = {"date": "2007-07-13", "title": "A Street", "media_type": "image", "explanation": "Text.", **fields}
    return basic.read(record)


@pytest.mark.parametrize("stock", [STOCK, OTHER_STOCK])
def test_a_stock_picture_is_no_address(stock):
    """The day's own picture stands in the page; there is no list of stock pictures."""
    read = reading(hdurl=stock, basic_html=PICTURE)

    assert (OWN, None) == (read.fields["url"], read.fields.get("hdurl"))
    assert ("stock picture",) == read.findings


@pytest.mark.parametrize("page", ["<center>no medium</center>", f'<img src="{OTHER_STOCK}">', "", None])
def test_a_day_that_lost_its_medium_keeps_its_row(page):
    """Without an address, and counted."""
    read = reading(hdurl=STOCK, basic_html=page)

    assert (None, "image") == (read.fields.get("url"), read.fields["media_type"])
    assert "no medium" in read.findings


@pytest.mark.parametrize(
    ("permalink", "day"),
    [
        (PERMALINK, "2007-07-13"),
        ("https://science.nasa.gov/image-article/apod-1999-december-31-last/", "1999-12-31"),
        ("https://science.nasa.gov/image-article/apod-2026-october-5/", "2026-10-05"),
        ("https://science.nasa.gov/image-article/apod-2007-smarch-13/", "2007-07-16"),
        ("https://science.nasa.gov/image-article/a-street/", "2007-07-16"),
        (None, "2007-07-16"),
    ],
)
def test_a_record_is_of_the_day_that_its_permalink_names(permalink, day):
    """The migration filed some under another one."""
    assert day == reading(date="2007-07-16", permalink=permalink).fields["date"]


def test_two_records_on_one_date_are_put_in_their_places():
    """And the rest of the month stands."""
    month = Span(date(2007, 7, 1), date(2007, 7, 31))
    own = {"date": "2007-07-16", "permalink": PERMALINK.replace("july-13", "july-16")}
    stray = {"date": "2007-07-16", "permalink": PERMALINK}
    placed = by_day([own, stray], month, "basic", basic.day_of)

    assert {date(2007, 7, 13): stray, date(2007, 7, 16): own} == placed


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ('<iframe src="//www.youtube.com/embed/x?rel=0"></iframe>', "video"),
        (PICTURE, "image"),
        ("<p>nothing</p>", "other"),
    ],
)
def test_a_media_type_that_is_not_said_is_told_from_the_page(page, kind):
    """With a count."""
    read = reading(media_type=None, basic_html=page, hdurl=None)

    assert kind == read.fields["media_type"]
    assert "no media type" in read.findings


@pytest.mark.parametrize("empty", [False, "", None])
def test_wordpress_has_three_kinds_of_nothing(empty):
    """Each is null."""
    names = ("copyright", "credit", "alt", "hdurl", "permalink")
    read = reading(**dict.fromkeys(names, empty), basic_html=PICTURE)

    assert not {"copyright", "credit", "alt", "page_url"} & read.fields.keys()


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("APOD: 2007 July 13 &#8211; A Street", "A Street"),
        ("APOD: 2007 July 13 - A Street", "A Street"),
        ("APOD: 2007 July 14 &#8211; A Street", "APOD: 2007 July 14 \u2013 A Street"),
        ("APOD turns 12", "APOD turns 12"),
    ],
)
def test_a_title_loses_its_prefix_where_the_day_fits(title, kept):
    """Else it may be a title."""
    assert kept == reading(title=title).fields["title"]


@pytest.mark.parametrize(
    ("tail", "kept", "findings"),
    [
        ("<br><br><strong>A notice of the site.</strong> Please see.", "What? A <cloud>.", ("notice",)),
        (
            "<br /> <br /><b>New:</b> a newsletter<br><strong>Tomorrow's picture: </strong>x",
            "What? A <cloud>.",
            ("notice",),
        ),
        ("<br><br><strong>Tomorrow's picture: </strong>a smile", "What? A <cloud>.", ()),
        ("<br><br>A second paragraph of the text.", "What? A <cloud>. A second paragraph of the text.", ()),
        ("<br><strong>bold</strong> in the text", "What? A <cloud>. bold in the text", ()),
    ],
)
def test_notices_of_the_site_are_no_text(tail, kept, findings):
    """They stand behind a double line break and begin in bold; nothing else is cut."""
    read = reading(explanation=f"<strong>Explanation:</strong> What? A &lt;cloud&gt;.{tail}", basic_html=PICTURE)

    assert (kept, findings) == (read.fields["explanation"], read.findings)


@pytest.mark.parametrize(
    ("text", "holder", "credit"),
    [
        ("<b> Image Credit &amp; <a href='#'>Copyright</a>: </b> <a href='#'>A Name</a>", "A Name", None),
        ("<strong>Video Credit and Copyright:</strong> A Name", "A Name", None),
        ("Copyright: A Name", "A Name", None),
        ("<a href='#'>A Name</a>", "A Name", None),
        ("<strong>Image Credit:</strong> <a href='#'>NASA</a>, <a href='#'>JPL</a> - Panorama: B Name", None,
         "NASA, JPL - Panorama: B Name"),
        ("Courtesy: ESA", None, "ESA"),
    ],
)  # fmt: skip
def test_a_credit_is_no_copyright(text, holder, credit):
    """Labels are off; nothing is guessed."""
    fields = reading(copyright=text).fields

    assert (holder, credit) == (fields.get("copyright"), fields.get("credit"))


@pytest.mark.parametrize(
    "source", ["///Users/x/video.html", "file:///C:/x.html", "C:\\x\\video.html", "/Users/x/v.html"]
)
def test_a_file_on_somebodys_disk_is_no_address(source):
    """Null, and counted."""
    read = reading(media_type="video", basic_html=f'<iframe src="{source}"></iframe>')

    assert None is read.fields.get("url")
    assert {"local path", "no medium"} == {*read.findings}


@pytest.mark.parametrize(
    "query", ["?w=4222&h=2817&fit=clip", "?w=0&amp;h=0", "?w=1&h=1&fit=clip&crop=faces%2Cfocalpoint", ""]
)
def test_another_rendition_is_no_correction(query):
    """The address of the original, without a resizer's query."""
    name = "science/cds/apod/apod/2026/october/M104_4222.jpg"
    read = reading(hdurl=f"{ASSETS}/dynamicimage/assets/{name}{query}")

    assert f"{ASSETS}/content/dam/{name}" == read.fields["hdurl"]


def test_a_query_that_names_the_picture_stays():
    """It is no rendition."""
    url = "https://pictures.example/show?id=7&w=10"

    assert url == reading(hdurl=url).fields["hdurl"]


def test_the_still_of_a_video_is_its_thumbnail():
    """Unless it is a stock picture."""
    player = '<video controls><source src="https://a.example/n.mp4" type="video/mp4"></video>'
    still = f"{ASSETS}/dynamicimage/assets/science/cds/apod/apod/2026/september/still.png?w=0&h=0"
    with_still, without = (reading(media_type="video", hdurl=url, basic_html=player).fields for url in (still, STOCK))

    assert f"{ASSETS}/content/dam/science/cds/apod/apod/2026/september/still.png" == with_still["thumbnail_url"]
    assert ("https://a.example/n.mp4", None) == (without["url"], without.get("thumbnail_url"))


def test_no_blank_before_punctuation_where_a_link_ended():
    """As a reader would see it."""
    text = "the <a href='#'>Pleiades</a> . Then : a <a href='#'>link</a> , too ... and .5 more"

    assert "the Pleiades. Then: a link, too ... and .5 more" == reading(explanation=text).fields["explanation"]


@pytest.mark.parametrize(
    "html",
    [
        "plain",
        "a &lt;b&gt; &amp;amp; &nbsp;c &#8217; &",
        "<b>bold</b><i>italic</i> <A HREF=\"x?a=1&amp;b=2\" title='it'>a link</A>, and on<br>next<br />last",
        "one<br>two <strong> three </strong>",
        "<b>never closed",
        "</b>never opened",
        "<a href=x>no quotes</a>",
        "1 < 2 and 3 > 2",
    ],
)
def test_the_short_way_gives_what_the_parser_gives(html):
    """Inline tags are taken out by hand, since most texts have no others; another tag takes the long way."""
    assert text_of(f"{html}<span></span>") == text_of(html)


@settings(derandomize=True, deadline=None, database=None)
@example(f"<script>{PICTURE}</script>")
@example(f"<!--{PICTURE}-->")
@given(st.lists(st.sampled_from(PAGE_PARTS)).map("".join))
def test_the_heading_of_a_page_shows_nothing(html):
    """It is passed over; behind a tag that is not, a parser reads all of it and finds the same."""
    assert medium_of(html) == medium_of(f"<span>{html}")


@pytest.mark.parametrize("piece", ["<", "<div>", "<b><i>", "<a href='", "<!--", "<br>" + " " * 50, "<ul><li>", "<p>"])
def test_html_that_is_made_to_keep_a_parser_busy(piece):
    """Bounded work: it is not parsed, and its day has the words without tags."""
    html = "A word. " + piece * 40_000 + " Another."

    assert is_hostile(html)
    assert explanation_of(html)[0].startswith("A word.")
    assert medium_of(html) is None
