"""Everything that has been seen to go wrong with NASA's services, each as a switch."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import TypeAdapter
from starlette.responses import Response

from local.nasa.gateway import refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request
    from starlette.types import Send

    from local.nasa.service import Nasa

LOGO = "https://science.nasa.gov/wp-content/themes/nasa-child/assets/images/nasa-logo@2x.png"
PLACEHOLDER = {
    "explanation": "Discover the cosmos! Each day a different image ...",
    "hdurl": LOGO,
    "media_type": "image",
    "title": "NASA Science",
    "url": LOGO,
}

Record = dict[str, Any]
Find = Callable[[date], Record | None]
Kind = Literal[
    # of a day
    "bad_day",  # 500 for it; ranges over it fail, or leave it out (`Nasa.poisonous`)
    "missing",  # no picture, for now: 404, left out of ranges
    "left_out",  # ranges leave it out, asked for singly it is there
    "placeholder",  # NASA's logo
    "frozen",  # the record of `other` instead, with the day that was asked for
    "misdated",  # the record of `other` instead, with its own date
    "shapeless",  # a record without a title
    # of a request
    "status",  # that `status` with a page in HTML, as proxies answer, with `retry_after` where there is one
    "error",  # the service's own 500
    "hang",  # nothing for `seconds`, then the answer
    "reset",  # the connection is cut
    "truncated",  # half the body, in a response that says it is whole
    "cut",  # half the body, then the connection is cut
    "html",  # 200 with a page
    "reply",  # `status` with `text`, whatever that is, as JSON
    "empty",  # 200 with []
    "over_quota",  # 429, `seconds` to wait, or whatever `retry_after` says
    "no_key",  # 403: the key is not known
    "http_only",  # 400: the gateway wants https
    "moved",  # 301 to the new site
    "gone",  # 404 of the gateway
]
OF_A_DAY = ("bad_day", "missing", "left_out", "placeholder", "frozen", "misdated", "shapeless")
INSTEAD: dict[str, Callable[[str, Record], Record | None]] = {
    "missing": lambda _day, _other: None,
    "placeholder": lambda day, _other: {"date": day, **PLACEHOLDER, "service_version": "v1"},
    "frozen": lambda day, other: {**other, "date": day},
    "misdated": lambda _day, other: other,
    "shapeless": lambda day, _other: {"date": day},
}


@dataclass
class Fault:
    """One thing that is wrong.

    Attributes:
        kind: what.
        service: `planetary` or `basic`; None for both.
        first, last: the days that are affected: of records, or such that a request touches. None for no bound.
        since, until: of the stand-in's clock, while it lasts. None for no bound.
        skip: requests that are answered first.
        times: requests that it lasts for. None for no bound.
        status, seconds, text, retry_after, other: see the kinds.
    """

    kind: Kind
    service: str | None = None
    first: date = date.min
    last: date = date.max
    since: datetime | None = None
    until: datetime | None = None
    skip: int = 0
    times: int | None = None
    status: int = 503
    seconds: float = 0
    text: str = ""
    retry_after: str | None = None
    other: date | None = None

    def lasts(self, service: str, now: datetime) -> bool:
        """Whether it is there for this service at this time."""
        timely = (self.since is None or self.since <= now) and (self.until is None or now < self.until)
        return timely and self.service in (None, service)

    def strikes(self) -> bool:
        """Whether this request is one of those that it is meant for."""
        if self.skip:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
            return self.times >= 0
        return True

    def of(self, day: date) -> bool:
        return self.first <= day <= self.last


FAULTS = TypeAdapter(list[Fault])


def altered(record: Record | None, day: date, faults: Iterable[Fault], find: Find) -> Record | None:
    """The record of a day as the faults of the day leave it."""
    for fault in faults:
        if fault.kind in INSTEAD:
            return INSTEAD[fault.kind](f"{day}", (find(fault.other) or {}) if fault.other else {})
    return record


async def spoil(fault: Fault, request: Request, send: Send, answer: Callable[[], Response]) -> Response | None:
    """The answer as a fault of the request leaves it; None where there is none."""
    match fault.kind:
        case "hang":
            await asyncio.sleep(fault.seconds)
            return answer()
        case "reset":
            send.__self__.transport.abort()  # type: ignore[attr-defined]  # uvicorn's: nothing public cuts a line
            return None
        case "truncated" | "cut":
            whole = answer()
            half = whole.body[: len(whole.body) // 2]
            length = len(whole.body) if fault.kind == "cut" else len(half)
            return Response(half, 200, {"Content-Length": f"{length}"}, "application/json")
        case kind:
            return _instead(kind, fault, request)


def _instead(kind: str, fault: Fault, request: Request) -> Response:
    words = {"code": 500, "msg": "Internal Service Error", "service_version": "v1"}
    page = "<html><body><h1>{}</h1></body></html>"
    answers = {
        "status": lambda: Response(page.format(fault.status), fault.status, _retry_after(fault), "text/html"),
        "error": lambda: Response(json.dumps(words), 500, media_type="application/json"),
        "html": lambda: Response(page.format("APOD"), media_type="text/html"),
        "reply": lambda: Response(fault.text, fault.status, media_type="application/json"),
        "empty": lambda: Response("[]", media_type="application/json"),
        "over_quota": lambda: _over_quota(request, fault),
        "no_key": lambda: refusal(request, "API_KEY_INVALID"),
        "http_only": lambda: refusal(request, "HTTPS_REQUIRED"),
        "moved": lambda: Response("", 301, {"Location": "https://science.nasa.gov/apod/"}),
        "gone": lambda: refusal(request, "NOT_FOUND"),
    }
    return answers[kind]()


def _over_quota(request: Request, fault: Fault) -> Response:
    answer = refusal(request, "OVER_RATE_LIMIT")
    answer.headers.update({"Retry-After": f"{fault.seconds:.0f}", **_retry_after(fault)})
    return answer


def _retry_after(fault: Fault) -> dict[str, str]:
    return {} if fault.retry_after is None else {"Retry-After": fault.retry_after}


def days_in(nasa: Nasa, request: Request) -> tuple[date, date]:
    """The days that a request touches: those its query or path names, or the newest."""
    query = request.query_params
    found = [
        day
        for text in (
            query.get("date"), query.get("start_date"), query.get("end_date"), query.get("date_from"),
            query.get("date_to"), request.url.path.rstrip("/").split("/")[-1],
        )
        if text and (day := nasa.read_day(text))
    ] or [nasa.newest()]  # fmt: skip
    return min(found), max(found)
