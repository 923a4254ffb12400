"""A stand-in of `api.nasa.gov/planetary/apod` on loopback.

    python -m local.nasa PORT [--records FILE.ndjson]

It keeps the service's contract: key first, then its own errors, ranges ascending with days without a picture
left out, 404 for a day that has none (yet). It serves the fictional archive, or a file of records. `POST /-/clock`
with `{"now": "2026-11-23T04:00:00Z"}` (or null) sets its clock, with `{"lag_days": 2}` it publishes that much later,
so that a day can be made to come; `GET /-/requests` says how many requests the service has had.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path  # noqa: TC003  # typer reads the annotation
from typing import TYPE_CHECKING, Annotated, Any

import typer
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from include.apod.days import DAY, newest_publishable
from local.archive import FIRST_DAY, record_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

FIELDS = "'concept_tags', 'date', 'hd', 'count', 'start_date', 'end_date', 'thumbs'"
KNOWN = {"concept_tags", "date", "hd", "count", "start_date", "end_date", "thumbs", "api_key"}


class Refused(Exception):  # it is an answer, not a fault
    """The service's own error answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def answer(body: object, status: int = 200) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, media_type="application/json")


class Nasa:
    """The service's state: its archive, its clock and a count of requests.

    Attributes:
        find: the record of a day, or None.
        now: the clock.
        lag: how much later than it should the service publishes.
        reply: gives one answer to everything, where it is set: a service out of order.
        requests: made so far.
    """

    def __init__(self, find: Callable[[date], dict[str, Any] | None]) -> None:
        self.find = find
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.lag = timedelta(0)
        self.reply: Callable[[], Response] | None = None
        self.requests = 0

    def published(self, day: date) -> dict[str, Any] | None:
        return self.find(day) if day <= newest_publishable(self.now() - self.lag) else None

    def day_of(self, text: str) -> date:
        try:
            day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  # as the service itself does
        except ValueError as error:
            raise Refused(400, str(error)) from error
        today = self.now().date()
        if not FIRST_DAY <= day <= today:
            raise Refused(400, f"Date must be between Jun 16, 1995 and {today:%b %d, %Y}.")
        return day

    def pictures(self, query: dict[str, str]) -> Any:
        """What the service answers to a query.

        Raises:
            Refused: with the service's own status and message.
        """
        asked = set(query) - {"api_key", "hd", "thumbs", "concept_tags"}
        if set(query) - KNOWN or (asked - {"date"} and asked - {"start_date", "end_date"}):
            raise Refused(
                400,
                f"Bad Request: incorrect field passed. Allowed request fields for apod method are {FIELDS}",
            )
        if "start_date" in query:
            first = self.day_of(query["start_date"])
            last = self.day_of(query.get("end_date", f"{self.now().date()}"))
            if first > last:
                raise Refused(400, "start_date cannot be after end_date")
            days = (first + n * DAY for n in range((last - first) // timedelta(days=1) + 1))
            return [record for day in days if (record := self.published(day))]
        if "end_date" in query:
            raise Refused(400, f"Bad Request: invalid field combination passed. Allowed request fields are {FIELDS}")
        day = self.day_of(query["date"]) if "date" in query else newest_publishable(self.now() - self.lag)
        if (record := self.published(day)) is None:
            raise Refused(404, f"No data available for date: {query.get('date', day)}")
        return record

    async def planetary(self, request: Request) -> Response:
        self.requests += 1
        if self.reply:
            return self.reply()
        if not (request.headers.get("X-Api-Key") or request.query_params.get("api_key")):
            gateway = {
                "code": "API_KEY_MISSING",
                "message": "No api_key was supplied. Get one at https://api.nasa.gov:443",
            }
            return answer({"error": gateway}, 403)
        try:
            return answer(self.pictures(dict(request.query_params)))
        except Refused as refused:
            return answer({"code": refused.status, "msg": str(refused), "service_version": "v1"}, refused.status)

    async def clock(self, request: Request) -> Response:
        wanted = await request.json()
        self.lag = timedelta(days=wanted.get("lag_days", 0))
        set_to = wanted.get("now") and datetime.fromisoformat(wanted["now"])
        self.now = (lambda: set_to) if set_to else (lambda: datetime.now(UTC))
        return answer({"now": self.now().isoformat()})

    async def count(self, _: Request) -> Response:
        return answer({"requests": self.requests})

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/planetary/apod", self.planetary),
                Route("/-/clock", self.clock, methods=["POST"]),
                Route("/-/requests", self.count),
            ]
        )


def from_file(records: Path) -> Nasa:
    """The service with the records of a file, one a line, instead of the fictional archive."""
    by_day = {(record := json.loads(line))["date"]: record for line in records.read_bytes().splitlines()}
    return Nasa(lambda day: by_day.get(f"{day}"))


def serve(port: int, records: Annotated[Path | None, typer.Option()] = None) -> None:
    """Serves on 127.0.0.1 until it is stopped."""
    nasa = from_file(records) if records else Nasa(record_of)
    uvicorn.run(nasa.app(), host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    typer.run(serve)
