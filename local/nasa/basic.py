"""What `science.nasa.gov/wp-json/wp/v2/apod-basic` answers: pages of articles, newest first, texts in HTML."""

from __future__ import annotations

import json
from datetime import date, datetime
from html import escape
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from local.nasa import migration
from local.nasa.calendar import DAY, FIRST_DAY, days_between

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.nasa.state import Catalogue

SITE = "https://science.nasa.gov"
PAGE_SIZE = 25
MEDIA_TYPES = {"image": "image", "video": "iframe", "other": "iframe"}


def _json(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(json.dumps(body), status, headers, media_type="application/json; charset=UTF-8")


def _error(status: int, code: str, message: str) -> Response:
    return _json({"code": code, "message": message, "data": {"status": status}}, status)


def _own(catalogue: Catalogue, day: date) -> dict[str, Any] | None:
    """The article of a day, as the migration left it; None where there is no record (yet)."""
    record = catalogue.published(day)
    if record is None or not catalogue.nasa.wounded:
        return article(record) if record else None
    holder = escape(record["copyright"].strip(), quote=False) if "copyright" in record else None
    return migration.wounded(article(record), day, holder)


def articles_of(catalogue: Catalogue, day: date) -> list[dict[str, Any]]:
    """The articles that stand under a date: its own, and one that was filed under it by mistake."""
    own = _own(catalogue, day)
    if not catalogue.nasa.wounded:
        return [own] if own else []
    stray_day = migration.stray_of(day)
    stray = _own(catalogue, stray_day) if migration.is_stray(stray_day) else None
    articles = [] if own is None or migration.is_lost(day) else [own]
    return [*articles, *([{**stray, "date": f"{day}"}] if stray else [])]


def _listed(catalogue: Catalogue, first: date, last: date) -> list[dict[str, Any]]:
    """The articles that a list of these days has, newest first."""
    return [
        listed
        for day in reversed([*days_between(first, last)])
        if not catalogue.is_broken(day) and not catalogue.is_left_out(day)
        for listed in articles_of(catalogue, day)
    ]


def _page(catalogue: Catalogue, query: Mapping[str, str]) -> Response:
    """One page; past the end it is the first again. Unknown parameters are ignored."""
    nasa = catalogue.nasa
    if nasa.ignores_parameters:
        query = {}
    first, last = read_day(query.get("date_from", "950616")), read_day(query.get("date_to", f"{nasa.newest():%y%m%d}"))
    try:
        number, size = int(query.get("page", 1)), int(query.get("per_page", PAGE_SIZE))
    except ValueError:
        first = None
    if not first or not last or number < 1:
        return _error(400, "rest_invalid_param", "Invalid parameter(s): date_from, date_to, page, per_page")
    if size > nasa.largest_page and nasa.refuses_page_size:
        return _error(400, "rest_invalid_param", "Invalid parameter(s): per_page")
    size = min(size, nasa.largest_page)
    listed = _listed(catalogue, max(first, FIRST_DAY), min(last, nasa.newest()))
    pages = -(-len(listed) // size)
    start = (number - 1 if number <= pages else 0) * size
    totals = {"X-WP-Total": f"{len(listed)}", "X-WP-TotalPages": f"{pages}"}
    return _json(listed[start : start + size], headers=totals if nasa.says_totals else None)


def answer(catalogue: Catalogue, path: str, query: Mapping[str, str]) -> Response:
    """The service's answer; `path` is what follows `/apod-basic`."""
    match path.strip("/").split("/"):
        case [""]:
            return _page(catalogue, query)
        case [yymmdd, *_] if (day := read_day(yymmdd)) and catalogue.is_broken(day):
            return _error(500, "internal_server_error", "There has been a critical error on this website.")
        case [yymmdd] if (day := read_day(yymmdd)) and (articles := articles_of(catalogue, day)):
            return _json(articles[0])
        case [yymmdd, "html"] if (day := read_day(yymmdd)) and (record := catalogue.published(day)):
            return Response(page_of(record), media_type="text/html")
        case [yymmdd] | [yymmdd, "html"] if yymmdd.isdecimal():
            return _error(404, "apod_basic_not_found", "APOD not found.")
        case _:
            return _error(404, "rest_no_route", "No route was found matching the URL and request method.")


def read_day(yymmdd: str) -> date | None:
    """The day of a YYMMDD; 95 and above are of the last century."""
    try:
        day = datetime.strptime(yymmdd, "%y%m%d").date()  # noqa: DTZ007  # a day has no zone
    except ValueError:
        return None
    return day.replace(year=day.year + 100) if day < FIRST_DAY else day


def _explanation(text: str, day: date) -> str:
    first_word, blank, remainder = text.strip().partition(" ")
    link = f'<a href="{SITE}/{day:%y%m%d}">{escape(first_word, quote=False)}</a>'
    body = escape(remainder.partition("Tomorrow's picture")[0].strip(), quote=False)
    return f"<strong>Explanation: </strong>{link}{blank}{body}<br>\n<strong>Tomorrow\u2019s picture: </strong>unwritten"


def _credit(record: Mapping[str, Any]) -> str:
    """The holder of the rights; filled for NASA's own pictures, too."""
    return f"<em>Credit:</em> {escape(record.get('copyright', 'NASA').strip(), quote=False)}"


def article(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record of the planetary service in this one's shape: the same picture, in other words and places."""
    if "title" not in record:
        return dict(record)
    day = date.fromisoformat(record["date"])
    permalink = f"{SITE}/image-article/apod-{day:%Y-%B-%d}/".lower()
    return {
        "date": f"{day}",
        "post_id": 1_000_000 + day.toordinal(),
        "title": escape(record["title"].partition("\r")[0].strip(), quote=False),
        "permalink": permalink,
        "media_type": MEDIA_TYPES[record["media_type"]],
        "explanation": _explanation(record["explanation"], day),
        "credit": _credit(record),
        "copyright": _credit(record),
        "alt": "",
        "url": permalink,
        "hdurl": f"{record.get('hdurl', SITE + '/generic.jpg')}?w=2048&h=1365&fit=clip&crop=faces%2Cfocalpoint",
        "basic_html": page_of(record),
        "basic_html_url": f"{SITE}/wp-json/wp/v2/apod-basic/{day:%y%m%d}/html",
    }


def page_of(record: Mapping[str, Any]) -> str:
    """The page of a day as the old site had it."""
    day = date.fromisoformat(record["date"])
    url = escape(record.get("url", f"{SITE}/frame/{day:%y%m%d}.html"))
    medium = f'<img src="{url}">' if record["media_type"] == "image" else f'<iframe width="960" src="{url}"></iframe>'
    day_before, day_after = day - DAY, day + DAY
    return (
        f"<!doctype html><html><body><center><h1>Astronomy Picture of the Day</h1>{medium}</center>"
        f'<a href="ap{day_before:%y%m%d}.html">&lt;</a><a href="ap{day_after:%y%m%d}.html">&gt;</a></body></html>'
    )
