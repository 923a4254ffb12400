"""What a fault does to the answer of a request."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from starlette.responses import Response

from local.nasa.gateway import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import Send

    from local.nasa.faults import Fault


async def disturbed(fault: Fault, request: Request, send: Send, answer: Callable[[], Response]) -> Response | None:
    """The answer as a fault of the request leaves it; None where there is none."""
    match fault.kind:
        case "hang":
            await asyncio.sleep(fault.seconds)
            return answer()
        case "reset":
            send.__self__.transport.abort()  # type: ignore[attr-defined]  # uvicorn's: nothing public cuts a connection
            return None
        case "truncated" | "cut":
            body = answer().body
            half = body[: len(body) // 2]
            length = len(body) if fault.kind == "cut" else len(half)
            return Response(half, 200, {"Content-Length": f"{length}"}, "application/json")
        case kind:
            return _replacement(kind, fault, request)


def _retry_after(fault: Fault) -> dict[str, str]:
    return {} if fault.retry_after is None else {"Retry-After": fault.retry_after}


def _over_quota(request: Request, fault: Fault) -> Response:
    answer = refusal(request, "OVER_RATE_LIMIT")
    answer.headers.update({"Retry-After": f"{fault.seconds:.0f}", **_retry_after(fault)})
    return answer


def _replacement(kind: str, fault: Fault, request: Request) -> Response:
    """What a fault answers in the service's place."""
    error = {"code": 500, "msg": "Internal Service Error", "service_version": "v1"}
    page = "<html><body><h1>{}</h1></body></html>"
    answers = {
        "status": lambda: Response(page.format(fault.status), fault.status, _retry_after(fault), "text/html"),
        "error": lambda: Response(json.dumps(error), 500, media_type="application/json"),
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
