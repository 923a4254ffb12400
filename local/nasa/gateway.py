"""The gateway in front of api.nasa.gov: keys, quotas, and errors of its own shape."""

from __future__ import annotations

import base64
import json
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.requests import Request

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SIGN_UP = "Get one at https://api.nasa.gov:443"
MESSAGES = {
    "API_KEY_MISSING": (403, f"No api_key was supplied. {SIGN_UP}"),
    "API_KEY_INVALID": (403, f"An invalid api_key was supplied. {SIGN_UP}"),
    "API_KEY_DISABLED": (403, "The api_key supplied has been disabled. Contact us for assistance"),
    "HTTPS_REQUIRED": (400, "Requests must be made over HTTPS. Try accessing the API at: https://api.nasa.gov:443"),
    "NOT_FOUND": (404, "The requested URL was not found on this server."),
    "OVER_RATE_LIMIT": (
        429,
        (
            "You have exceeded your rate limit. Try again later or contact us at https://api.nasa.gov:443/contact/ "
            "for assistance"
        ),
    ),
}


@dataclass(frozen=True)
class Quota:
    """What one key may do, in rolling windows."""

    hour: int = 1000
    day: int | None = None


@dataclass
class Gateway:
    """Keys and what they were used for.

    Attributes:
        keys: those that are known, with their quotas; `None` stands for any other, None as its quota for refusal.
    """

    keys: dict[str | None, Quota | None] = field(
        default_factory=lambda: {"DEMO_KEY": Quota(30, 50), "stand-in": Quota(), None: None}
    )
    used: dict[str, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))

    def admit(self, request: Request, now: datetime) -> tuple[Response | None, dict[str, str]]:
        """The gateway's refusal, None where it lets a request through, and the headers of every answer."""
        headers = {"Access-Control-Allow-Origin": "*", "X-Api-Umbrella-Request-Id": "stand-in", "X-Cache": "MISS"}
        key = _key(request)
        quota = self.keys.get(key, self.keys.get(None)) if key else None
        if not key or not quota:
            return refusal(request, "API_KEY_INVALID" if key else "API_KEY_MISSING"), headers
        used = self.used[key]
        while used and now - used[0] >= DAY:
            used.popleft()
        lately = [at for at in used if now - at < HOUR]
        wait = max(
            HOUR - (now - lately[0]) if len(lately) >= quota.hour else timedelta(0),
            DAY - (now - used[0]) if quota.day and len(used) >= quota.day else timedelta(0),
        )
        remaining = 0 if wait else quota.hour - len(lately) - 1
        headers |= {"X-RateLimit-Limit": f"{quota.hour}", "X-RateLimit-Remaining": f"{remaining}"}
        if wait:
            return refusal(request, "OVER_RATE_LIMIT"), {**headers, "Retry-After": f"{wait.total_seconds():.0f}"}
        used.append(now)
        return None, headers


def _key(request: Request) -> str:
    """The key of a request: header, query, or user name of basic authentication."""
    authorization = request.headers.get("Authorization", "")
    basic = (
        base64.b64decode(authorization.removeprefix("Basic ")).decode() if authorization.startswith("Basic ") else ""
    )
    return request.headers.get("X-Api-Key") or request.query_params.get("api_key") or basic.partition(":")[0]


def refusal(request: Request, code: str) -> Response:
    """One of the gateway's errors, as JSON, or as a page for a client that says it reads pages."""
    status, message = MESSAGES[code]
    if "text/html" in request.headers.get("Accept", ""):
        page = f"<html><body><h1>{code}</h1><p>{message}</p></body></html>"
        return Response(page, status, media_type="text/html")
    return Response(json.dumps({"error": {"code": code, "message": message}}), status, media_type="application/json")
