"""The routes of the page. Who may see them is decided by whoever mounts the application: it has no users of its own."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Annotated
from urllib.parse import SplitResult, urlsplit

from fastapi import APIRouter, FastAPI, Path, Request, Response, params
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, select_autoescape

from include.apod.adapters.commits import commit_url
from include.apod.days import STALE_HOURS, Span, hours_since, newest_publishable
from include.apod.errors import ApodError, BadData
from include.apod.settings import read_settings
from include.apod.sources import SERVICES
from include.apod.sources.legacy import new_address
from include.apod.ui import calendar, views
from include.apod.ui.lookout import Lookout

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from include.apod.ui.views import Row

log = logging.getLogger(__name__)
MOST_VIEWS = 8  # at a time; the API server has 40 threads
PATIENCE_SECONDS = 10  # that a view waits for its turn
FOLDER = FilePath(__file__).parent
HEADERS = {  # nothing from the network but pictures; text from NASA is never a script
    "Content-Security-Policy": (
        "default-src 'none'; img-src http: https:; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def _parts(url: str | None) -> SplitResult:
    """The parts of an address; all empty where it is none, as in `https://[apod`."""
    try:
        parts = urlsplit(url or "")
        return parts if parts.hostname else urlsplit("")
    except ValueError:
        return urlsplit("")


def image_url(picture: Row, pictures_from: str | None) -> str | None:
    """The address of an image that shows a picture or a video; None if there is none.

    With `pictures_from` it is the same path at that address: the stand-in draws what its archive invents. A legacy
    picture is shown from where it is now.
    """
    for url in (picture["thumbnail_url"], picture["url"] if picture["media_type"] == "image" else None):
        parts = _parts(url)
        if parts.scheme in ("http", "https"):
            return f"{pictures_from.rstrip('/')}{parts.path}" if pictures_from else new_address(url) or url
    return None


def web_url(url: str | None) -> str | None:
    """The address if it may be followed, else None."""
    return url if _parts(url).scheme in ("http", "https") else None


def to_minute(time: datetime | None) -> str:
    """A time as text."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if time else "an unknown time"


@dataclass(frozen=True)
class Pages:
    """Renders the templates of one application."""

    environment: Environment

    @classmethod
    def create(cls, repository_url: Callable[[], str]) -> Pages:
        """Loads the templates; `repository_url` returns the repository's address, for links to commits."""
        environment = Environment(
            loader=FileSystemLoader(FOLDER / "templates"), autoescape=select_autoescape(default=True)
        )
        environment.filters["minute"] = to_minute
        environment.globals |= {
            "link": web_url,
            "new_address": new_address,
            "page_size": views.PAGE_SIZE,
            "src": lambda picture: image_url(picture, read_settings().pictures_from),
            "commit_url": lambda commit: commit_url(repository_url(), commit),
        }
        return cls(environment)

    def render(self, name: str, status: int = 200, **values: object) -> HTMLResponse:
        """The page from one template."""
        return HTMLResponse(self.environment.get_template(f"{name}.html").render(view=name, **values), status)


def make_app(dependencies: Sequence[params.Depends] = (), repository_url: Callable[[], str] = lambda: "") -> FastAPI:
    """The application.

    Args:
        dependencies: FastAPI's, for each route: they refuse users who may not see the archive.
        repository_url: returns the address of the repository, for links to commits.
    """
    app = FastAPI(title="APOD", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.pages = Pages.create(repository_url)
    app.state.lookout = Lookout(views.look_at_repository)
    app.state.places = asyncio.Semaphore(MOST_VIEWS)
    app.include_router(router, dependencies=[*dependencies])
    app.mount("/static", StaticFiles(directory=FOLDER / "static"))
    app.middleware("http")(take_a_place)
    app.middleware("http")(add_headers)
    app.exception_handler(ApodError)(show_error)
    return app


async def add_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Adds the security headers to a response."""
    response = await call_next(request)
    response.headers.update(HEADERS)
    return response


async def take_a_place(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Lets a few views in at a time: each takes a thread of the API server, which Airflow needs for itself."""
    places: asyncio.Semaphore = request.app.state.places
    try:
        await asyncio.wait_for(places.acquire(), PATIENCE_SECONDS)
    except TimeoutError:
        message = "Too many people look at this page, or the database does not answer. Try again in a moment."
        return _pages(request).render("error", 503, message=message)
    try:
        return await call_next(request)
    finally:
        places.release()


async def show_error(request: Request, error: ApodError) -> HTMLResponse:
    """A page that says what a view lacks and what to do; the other views are not affected."""
    log.warning("%s", error)
    return _pages(request).render("error", 404 if isinstance(error, BadData) else 503, message=f"{error}")


def _pages(request: Request) -> Pages:
    pages: Pages = request.app.state.pages
    return pages


router = APIRouter(default_response_class=HTMLResponse)


@router.get("/")
def today(request: Request) -> HTMLResponse:
    """The newest picture."""
    with views.database() as database:
        pictures = views.newest(database)
    hours = hours_since(pictures[0]["date"], datetime.now(UTC)) if pictures else 0
    return _pages(request).render("today", pictures=pictures, hours=round(hours), stale=hours > STALE_HOURS)


@router.get("/status")
def status(request: Request) -> HTMLResponse:
    """What each DAG still has to do."""
    return _pages(request).render("status", dags=views.backlog(request.app.state.lookout))


@router.get("/calendar")
def whole_calendar(request: Request) -> HTMLResponse:
    """Every day since the beginning."""
    settings, trouble = read_settings(), ""
    with views.database() as database:
        database_states = views.day_states(database)
    try:
        unheld = views.days_without_picture(settings)
    except ApodError as error:
        unheld, trouble = {}, f"{error}"
    span = Span(settings.since, newest_publishable(datetime.now(UTC)))
    states = calendar.states(span, database_states, unheld)
    return _pages(request).render(
        "calendar", states=states, svg=calendar.svg(states), calendar=calendar, trouble=trouble
    )


@router.get("/year/{number}")
def year(request: Request, number: Annotated[int, Path(ge=1995, le=9998)]) -> HTMLResponse:
    """The pictures of a year."""
    with views.database() as database:
        pictures = views.year(database, number)
    first, last = read_settings().since.year, newest_publishable(datetime.now(UTC)).year
    return _pages(request).render("year", year=number, pictures=pictures, years=range(last, first - 1, -1))


@router.get("/year/{number}/pictures", response_class=JSONResponse)
def year_pictures(number: Annotated[int, Path(ge=1995, le=9998)]) -> dict[str, list[str]]:
    """Title and address of each picture of a year by its day, for the calendar."""
    with views.database() as database:
        pictures = views.year(database, number)
    elsewhere = read_settings().pictures_from
    return {f"{row['date']}": [row["title"], image_url(row, elsewhere) or ""] for row in pictures}


@router.get("/day")
def chosen_day(date: date) -> RedirectResponse:
    """From the form of the calendar to the day."""
    return RedirectResponse(f"day/{date}", 303)


@router.get("/day/{when}")
def day(request: Request, when: date) -> HTMLResponse:
    """The passport of a day."""
    with views.database() as database:
        passport, trouble = views.day(database, read_settings(), when)
    return _pages(request).render("day", day=when, parts=passport, trouble=trouble, word_diff=views.word_diff)


@router.get("/versions")
def versions(request: Request, skipped: int = 0) -> HTMLResponse:
    """The versions, newest first."""
    with views.database() as database:
        page, growth = views.versions(database, views.offset(skipped)), views.chart(database, "growth")
    release = read_settings().release
    return _pages(request).render("versions", page=page, skipped=skipped, release=release, growth=growth)


@router.get("/versions/states", response_class=JSONResponse)
def version_states(request: Request) -> dict[str, str]:
    """Which versions are pullable."""
    return views.version_states(request.app.state.lookout)


@router.get("/versions/{commit}")
def version(request: Request, commit: str) -> HTMLResponse:
    """A version and what it changed."""
    with views.database() as database:
        row, diff = views.version(database, commit)
    return _pages(request).render("version", version=row, diff=diff, word_diff=views.word_diff)


@router.get("/corrections")
def corrections(request: Request, before: int = views.LARGEST_ID) -> HTMLResponse:
    """NASA's edits, newest first."""
    with views.database() as database:
        page, edits = views.corrections(database, views.offset(before)), views.chart(database, "edits")
    return _pages(request).render("corrections", page=page, edits=edits)


@router.get("/sources")
def sources(request: Request, month: str = "") -> HTMLResponse:
    """What the services said of the same days, where they differ."""
    settings = read_settings()
    chosen = month or f"{newest_publishable(datetime.now(UTC)):%Y-%m}"
    comparison, months = views.sources(settings, chosen)
    return _pages(request).render(
        "sources", month=chosen, comparison=comparison, months=months, services=SERVICES, word_diff=views.word_diff
    )


@router.get("/corrections.xml")
def feed() -> Response:
    """The release's feed of corrections and versions, for a reader that may see the page."""
    return Response(views.feed(), media_type="application/atom+xml")


@router.get("/search")
def search(request: Request, q: str = "", skipped: int = 0) -> HTMLResponse:
    """Pictures with some words."""
    words = q.replace("\0", " ").strip()[:200]
    total, page = 0, views.Page([], more=False)
    if words:
        with views.database() as database:
            total, page = views.search(database, words, views.offset(skipped))
    return _pages(request).render("search", q=words, total=total, page=page, skipped=skipped)
