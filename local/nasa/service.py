"""Both services, their state, and the switches for tests."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from include.apod.days import newest_publishable
from local.nasa import basic, planetary
from local.nasa.faults import FAULTS, OF_A_DAY, Fault, altered, days_in, spoil
from local.nasa.gateway import Gateway, refusal
from local.nasa.sky import sky

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from starlette.types import Receive, Scope, Send

BASIC = "/wp-json/wp/v2/apod-basic"
GATEWAY_SECONDS = 60
Record = dict[str, Any]


@dataclass
class Nasa:
    """Both services: an archive, a clock, what is wrong, and a count of requests. An ASGI application.

    Attributes:
        find: the record of a day in the planetary service's shape, or None.
        now: the clock.
        lag: how much later than five past midnight in New York a picture comes out.
        edits: later changes, see `edit`.
        rewrite: what a new release of the services makes of every record.
        faults: what is wrong.
        poisonous: a bad day fails the ranges over it (as in 2023), or is left out of them (as in 2026).
        page_seconds: what a range costs for each day; over a minute it is 504.
        largest_page, refuses_page_size, ignores_parameters, says_totals: of the replacement service.
        seed: of the random days.
        gateway: keys and quotas of the planetary service.
        requests: made so far, to both.
        asked: the paths and queries of the latest of them.
        remembered: single days that the planetary service has answered: it never looks again.
    """

    find: Callable[[date], Record | None]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    lag: timedelta = timedelta(0)
    edits: list[Mapping[str, Any]] = field(default_factory=list)
    rewrite: Callable[[Record], Record] = dict
    faults: list[Fault] = field(default_factory=list)
    poisonous: bool = True
    page_seconds: float = 0
    largest_page: int = 25
    refuses_page_size: bool = False
    ignores_parameters: bool = False
    says_totals: bool = True
    seed: int = 0
    gateway: Gateway = field(default_factory=Gateway)
    requests: int = 0
    asked: deque[str] = field(default_factory=lambda: deque(maxlen=1000))
    remembered: dict[str, Record] = field(default_factory=dict)
    _service: str = "planetary"

    def today(self) -> date:
        """The services' own day: UTC."""
        return self.now().date()

    def newest(self) -> date:
        """The newest day that can be out."""
        return newest_publishable(self.now() - self.lag)

    def read_day(self, text: str) -> date | None:
        """The day of a `YYYY-MM-DD` or a `YYMMDD`; None where it is neither."""
        try:
            return date.fromisoformat(text)
        except ValueError:
            return basic.read_day(text)

    def edit(self, day: date, at: datetime | None = None, **new: Any) -> None:
        """Changes fields of a day's record from a time on; a field set to None is taken away."""
        self.edits.append({"date": f"{day}", "at": at.isoformat() if at else None, "new": new})

    def published(self, day: date) -> Record | None:
        """The record of a day as it is now, None where there is none (yet)."""
        if day > self.newest():
            return None
        record: Record | None = self.find(day)
        for edit in self.edits:
            at = edit.get("at") or edit.get("seen_after")
            if record and edit["date"] == f"{day}" and (not at or datetime.fromisoformat(at) <= self.now()):
                record = {name: value for name, value in {**record, **edit["new"]}.items() if value is not None}
        faults = self._faults(day)
        return altered(self.rewrite(record) if record else None, day, faults, self.find)

    def broken(self, day: date) -> bool:
        """Whether the service fails at a day."""
        return any(fault.kind == "bad_day" for fault in self._faults(day))

    def left_out(self, day: date) -> bool:
        """Whether ranges leave a day out that is there."""
        return any(fault.kind == "left_out" for fault in self._faults(day))

    def _faults(self, day: date) -> list[Fault]:
        now = self.now()
        return [f for f in self.faults if f.kind in OF_A_DAY and f.of(day) and f.lasts(self._service, now)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        path = scope["path"].rstrip("/")
        answer: Response | None
        if path.startswith("/-/"):
            answer = await self._control(path, request)
        elif path.startswith("/apod/image/"):  # where the invented archive says that its pictures are
            answer = Response(sky(path), media_type="image/svg+xml")
        else:
            self.requests += 1
            self.asked.append(f"{path}?{request.url.query}")
            answer = await self._ask(path, request, send)
        if answer:
            answer.headers.setdefault("Date", format_datetime(self.now().astimezone(UTC), usegmt=True))
            await answer(scope, receive, send)

    async def _ask(self, path: str, request: Request, send: Send) -> Response | None:
        self._service = "basic" if path.startswith("/wp-json") else "planetary"
        headers: dict[str, str] = {}
        if self._service == "planetary":
            refused, headers = self.gateway.admit(request, self.now())
            if refused:
                return _with(refused, headers)
        first, last = days_in(self, request)
        for fault in self.faults:
            touched = fault.kind not in OF_A_DAY and fault.first <= last and first <= fault.last
            if touched and fault.lasts(self._service, self.now()) and fault.strikes():
                return _with(await spoil(fault, request, send, lambda: self._answer(path, request)), headers)
        if self.page_seconds * ((last - first).days + 1) > GATEWAY_SECONDS:
            return Response("<html><body><h1>504 Gateway Time-out</h1></body></html>", 504, media_type="text/html")
        return _with(self._answer(path, request), headers)

    def _answer(self, path: str, request: Request) -> Response:
        query = dict(request.query_params)
        if path in ("/planetary/apod", "/v1/apod"):
            return planetary.answer(self, query)
        if path.startswith("/wp-json"):
            return basic.answer(self, path.removeprefix(BASIC) if path.startswith(BASIC) else "no/such/route", query)
        return refusal(request, "NOT_FOUND")

    async def _control(self, path: str, request: Request) -> Response:
        """What a switch says; docs/stand-in.md has them all."""
        try:
            said = self._switch(request.method, path, await request.body())
        except ValueError as error:
            return Response(f"{error}\n", 422)
        if said is None:
            return Response("no such switch; see docs/stand-in.md\n", 404)
        return Response(json.dumps(said), media_type="application/json")

    def _switch(self, method: str, path: str, body: bytes) -> dict[str, Any] | None:
        match method, path:
            case "POST", "/-/clock":
                wanted = json.loads(body)
                self.lag = timedelta(days=wanted.get("lag_days", 0), hours=wanted.get("lag_hours", 0))
                set_to = wanted.get("now") and datetime.fromisoformat(wanted["now"])
                self.now = (lambda: set_to) if set_to else (lambda: datetime.now(UTC))
                return {"now": self.now().isoformat()}
            case "POST", "/-/faults":
                self.faults = FAULTS.validate_json(body)
                return {"faults": len(self.faults)}
            case "POST", "/-/edits":
                self.edits += [json.loads(line) for line in body.splitlines()]
                return {"edits": len(self.edits)}
            case "GET", "/-/requests":
                return {"requests": self.requests}
        return None


def _with(answer: Response | None, headers: Mapping[str, str]) -> Response | None:
    if answer:
        answer.headers.update(headers)
    return answer


def from_file(records: Path) -> Nasa:
    """The services with the records of a file, one a line, instead of the fictional archive."""
    by_day = {(record := json.loads(line))["date"]: record for line in records.read_bytes().splitlines()}
    return Nasa(lambda day: by_day.get(f"{day}"))


def trimmed(record: Record) -> Record:
    """A rewrite in bulk, as of early 2026: rights without white space around them, `other` as a video with a url."""
    made = dict(record)
    if "copyright" in made:
        made["copyright"] = " ".join(made["copyright"].split())
    if made["media_type"] == "other":
        made |= {"media_type": "video", "url": f"https://apod.nasa.gov/apod/image/{made['date']}.mp4"}
    return dict(sorted(made.items()))
