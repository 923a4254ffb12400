"""The web application: both services, and the switches for tests."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from local.nasa import basic, planetary
from local.nasa.disturbance import disturbed
from local.nasa.faults import FAULTS, OF_A_DAY, Fault
from local.nasa.gateway import refusal
from local.nasa.sky import sky

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Receive, Scope, Send

    from local.nasa.state import Nasa, ServiceName

BASIC = "/wp-json/wp/v2/apod-basic"
GATEWAY_SECONDS = 60


class Application:
    """An ASGI application.

    Attributes:
        nasa: the state of the services; it may be changed while the application runs.
    """

    def __init__(self, nasa: Nasa) -> None:
        self.nasa = nasa

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        path = scope["path"].rstrip("/")
        answer: Response | None
        if path.startswith("/-/"):
            answer = await self._switch(path, request)
        elif path.startswith("/apod/image/"):  # where the invented archive says that its pictures are
            answer = Response(sky(path), media_type="image/svg+xml")
        else:
            self.nasa.requests += 1
            self.nasa.request_log.append(f"{path}?{request.url.query}")
            answer = await self._serve(path, request, send)
        if answer:
            answer.headers.setdefault("Date", format_datetime(self.nasa.now().astimezone(UTC), usegmt=True))
            await answer(scope, receive, send)

    async def _serve(self, path: str, request: Request, send: Send) -> Response | None:
        """What a service answers, with what is wrong with it; None where the connection was cut."""
        service: ServiceName = "basic" if path.startswith("/wp-json") else "planetary"
        headers: dict[str, str] = {}
        if service == "planetary":
            refused, headers = self.nasa.gateway.admit(request, self.nasa.now())
            if refused:
                return _with_headers(refused, headers)
        first, last = self._days_of(request)
        if fault := self._striking(service, first, last):
            answer = await disturbed(fault, request, send, lambda: self._answer(service, path, request))
        elif self.nasa.page_seconds * ((last - first).days + 1) > GATEWAY_SECONDS:
            return Response("<html><body><h1>504 Gateway Time-out</h1></body></html>", 504, media_type="text/html")
        else:
            answer = self._answer(service, path, request)
        return _with_headers(answer, headers)

    def _striking(self, service: ServiceName, first: date, last: date) -> Fault | None:
        """The fault that applies to a request for these days; None if there is none."""
        for fault in self.nasa.faults:
            touched = fault.kind not in OF_A_DAY and fault.first <= last and first <= fault.last
            if touched and fault.is_active(service, self.nasa.now()) and fault.strikes():
                return fault
        return None

    def _answer(self, service: ServiceName, path: str, request: Request) -> Response:
        """What a service answers where nothing is wrong."""
        query, catalogue = dict(request.query_params), self.nasa.catalogue(service)
        if path in ("/planetary/apod", "/v1/apod"):
            return planetary.answer(catalogue, query)
        if service == "basic":
            route = path.removeprefix(BASIC) if path.startswith(BASIC) else "no/such/route"
            return basic.answer(catalogue, route, query)
        return refusal(request, "NOT_FOUND")

    def _days_of(self, request: Request) -> tuple[date, date]:
        """The first and the last day that a request's query or path names; else the newest day."""
        query = request.query_params
        texts = (
            query.get("date"), query.get("start_date"), query.get("end_date"), query.get("date_from"),
            query.get("date_to"), request.url.path.rstrip("/").split("/")[-1],
        )  # fmt: skip
        days = [day for text in texts if text and (day := _parse_day(text))] or [self.nasa.newest()]
        return min(days), max(days)

    async def _switch(self, path: str, request: Request) -> Response:
        """Answers a request for a switch; docs/stand-in.md has them all."""
        try:
            state = self._set(request.method, path, await request.body())
        except ValueError as error:
            return Response(f"{error}\n", 422)
        if state is None:
            return Response("no such switch; see docs/stand-in.md\n", 404)
        return Response(json.dumps(state), media_type="application/json")

    def _set(self, method: str, path: str, body: bytes) -> dict[str, Any] | None:
        """Sets a switch and returns its state; None if there is no such switch."""
        nasa = self.nasa
        match method, path:
            case "POST", "/-/clock":
                clock = json.loads(body)
                nasa.lag = timedelta(days=clock.get("lag_days", 0), hours=clock.get("lag_hours", 0))
                fixed = clock.get("now") and datetime.fromisoformat(clock["now"])
                nasa.now = (lambda: fixed) if fixed else (lambda: datetime.now(UTC))
                return {"now": nasa.now().isoformat()}
            case "POST", "/-/faults":
                nasa.faults = FAULTS.validate_json(body)
                return {"faults": len(nasa.faults)}
            case "POST", "/-/edits":
                nasa.edits += [json.loads(line) for line in body.splitlines()]
                return {"edits": len(nasa.edits)}
            case "GET", "/-/requests":
                return {"requests": nasa.requests}
        return None


def _parse_day(text: str) -> date | None:
    """The day of a `YYYY-MM-DD` or a `YYMMDD`; None if the text is neither."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return basic.read_day(text)


def _with_headers(answer: Response | None, headers: Mapping[str, str]) -> Response | None:
    if answer:
        answer.headers.update(headers)
    return answer
