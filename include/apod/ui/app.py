"""The routes of the page. Who may see them is decided by whoever mounts the app: it has no users of its own."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, select_autoescape

from include.apod.adapters.git import commit_url
from include.apod.airflow.tasks import STALE_HOURS
from include.apod.days import Span, hours_since, newest_publishable
from include.apod.errors import ApodError, BadData
from include.apod.settings import read_settings
from include.apod.ui import calendar, views

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

log = logging.getLogger(__name__)
HERE = Path(__file__).parent
HEADERS = {  # nothing from the network but pictures; text from NASA is never a script
    "Content-Security-Policy": (
        "default-src 'none'; img-src http: https:; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def picture_of(row: Any, source: str | None) -> str | None:
    """The address of what can be shown of a picture; None where there is nothing, or what is there is no web address.

    With a `source` it is the same path there: the stand-in draws what its archive invents.
    """
    for url in (row["thumbnail_url"], row["url"] if row["media_type"] == "image" else None):
        parts = urlsplit(url or "")
        if parts.scheme in ("http", "https") and parts.hostname:
            return f"{source.rstrip('/')}{parts.path}" if source else f"{url}"
    return None


def link(url: str | None) -> str | None:
    """An address that may be followed."""
    return url if urlsplit(url or "").scheme in ("http", "https") else None


TEMPLATES = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=select_autoescape(default=True))
TEMPLATES.globals |= {"link": link, "most": views.PAGE}
TEMPLATES.filters["minute"] = lambda when: f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if when else "an unknown time"
router = APIRouter(default_response_class=HTMLResponse)


def make_app(dependencies: Sequence[Any] = (), repository: Callable[[], str] = lambda: "") -> FastAPI:
    """The application.

    Args:
        dependencies: FastAPI's, of each route: they refuse who may not see the archive.
        repository: tells the address of the repository, for links to commits.
    """
    app = FastAPI(title="APOD", docs_url=None, redoc_url=None, openapi_url=None)
    TEMPLATES.globals["commit_url"] = lambda commit: commit_url(repository(), commit)
    app.include_router(router, dependencies=[*dependencies])
    app.mount("/static", StaticFiles(directory=HERE / "static"))
    app.middleware("http")(harden)
    app.exception_handler(ApodError)(tell)
    return app


async def harden(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await answer(request)
    response.headers.update(HEADERS)
    return response


async def tell(_: Request, error: ApodError) -> HTMLResponse:
    """What a view lacks, and what to do; the others go on."""
    log.warning("%s", error)
    return show("trouble", 404 if isinstance(error, BadData) else 503, said=f"{error}")


def show(name: str, status: int = 200, **values: Any) -> HTMLResponse:
    source = read_settings().pictures_from
    text = TEMPLATES.get_template(f"{name}.html").render(view=name, src=lambda row: picture_of(row, source), **values)
    return HTMLResponse(text, status)


@router.get("/")
def today() -> HTMLResponse:
    with views.database() as database:
        picture = views.newest(database)
    hours = hours_since(picture["date"], datetime.now(UTC)) if picture else 0
    return show("today", picture=picture, hours=round(hours), stale=hours > STALE_HOURS)


@router.get("/status")
def status() -> HTMLResponse:
    return show("status", dags=views.backlog())


@router.get("/calendar")
def whole() -> HTMLResponse:
    settings, trouble = read_settings(), ""
    with views.database() as database:
        known = views.days(database)
    try:
        empty = views.empty_days(settings)
    except ApodError as error:
        empty, trouble = frozenset(), f"{error}"
    span = Span(settings.since, newest_publishable(datetime.now(UTC)))
    of = calendar.states(span, known, empty)
    return show("calendar", of=of, svg=calendar.svg(of), calendar=calendar, trouble=trouble)


@router.get("/day")
def chosen(date: date) -> RedirectResponse:
    return RedirectResponse(f"day/{date}", 303)


@router.get("/day/{when}")
def day(when: date) -> HTMLResponse:
    with views.database() as database:
        known, trouble = views.day(database, read_settings(), when)
    return show("day", day=when, known=known, trouble=trouble, words=views.word_diff)


@router.get("/versions")
def versions(skipped: int = 0) -> HTMLResponse:
    with views.database() as database:
        return show("versions", page=views.versions(database, max(skipped, 0)), skipped=skipped)


@router.get("/versions/states", response_class=JSONResponse)
def states() -> dict[str, str]:
    return views.states()


@router.get("/versions/{commit}")
def version(commit: str) -> HTMLResponse:
    with views.database() as database:
        found, diff = views.version(database, commit)
    return show("version", version=found, diff=diff, words=views.word_diff)


@router.get("/corrections")
def corrections(before: int = views.NEWEST) -> HTMLResponse:
    with views.database() as database:
        return show("corrections", page=views.corrections(database, min(max(before, 0), views.NEWEST)))


@router.get("/search")
def search(q: str = "", skipped: int = 0) -> HTMLResponse:
    words = q.replace("\0", " ").strip()[:200]
    total, page = 0, views.Page([], more=False)
    if words:
        with views.database() as database:
            total, page = views.search(database, words, max(skipped, 0))
    return show("search", q=words, total=total, page=page, skipped=skipped)
