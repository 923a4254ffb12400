"""What `api.nasa.gov/planetary/apod` answers: its rules for questions, its words for what is wrong with them."""

from __future__ import annotations

import json
import random
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from include.apod.days import Span
from local.nasa.archive import FIRST_DAY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.nasa.service import Nasa

FIELDS = "'concept_tags', 'date', 'hd', 'count', 'start_date', 'end_date', 'thumbs'"
ALLOWED = f"Allowed request fields for apod method are {FIELDS}"
KNOWN = {"concept_tags", "date", "hd", "count", "start_date", "end_date", "thumbs", "api_key"}
SHAPES = ({"date"}, {"count"}, {"start_date"}, {"start_date", "end_date"}, set[str]())
MOST = 100
STILLS = {"youtube.com/embed/": "https://img.youtube.com/vi/{}/0.jpg", "player.vimeo.com/video/": "https://vimeo/{}"}
ASLEEP = "concept_tags functionality turned off in current service"


class Refused(Exception):  # it is an answer, not a fault
    """The service's own error answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def answer(nasa: Nasa, query: Mapping[str, str]) -> Response:
    """The service's answer to a question that the gateway let through."""
    try:
        return _json(pictures(nasa, query), 200)
    except Refused as refused:
        return _json({"code": refused.status, "msg": str(refused), "service_version": "v1"}, refused.status)


def _json(body: object, status: int) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, media_type="application/json")


def pictures(nasa: Nasa, query: Mapping[str, str]) -> Any:
    """One record, or a list of them.

    Raises:
        Refused: with the service's own status and message.
    """
    if set(query) - KNOWN:
        raise Refused(400, f"Bad Request: incorrect field passed. {ALLOWED}")
    asked = set(query) - {"api_key", "hd", "thumbs", "concept_tags"}
    if asked not in SHAPES:
        raise Refused(400, f"Bad Request: invalid field combination passed. {ALLOWED}")
    if "count" in asked:
        return [dressed(record, query) for record in _random(nasa, query["count"])]
    if "start_date" in asked:
        first = day_of(nasa, query["start_date"])
        last = day_of(nasa, query.get("end_date", f"{nasa.today()}"))
        if first > last:
            raise Refused(400, "start_date cannot be after end_date")
        return [dressed(record, query) for record in _range(nasa, Span(first, last))]
    return dressed(_single(nasa, query.get("date")), query)


def day_of(nasa: Nasa, text: str) -> date:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  # as the service itself does
    except ValueError as error:
        raise Refused(400, str(error)) from error
    if not FIRST_DAY <= day <= nasa.today():
        raise Refused(400, f"Date must be between Jun 16, 1995 and {nasa.today():%b %d, %Y}.")
    return day


def _single(nasa: Nasa, text: str | None) -> dict[str, Any]:
    """The record of one day. Each worker keeps what it once answered for good, later edits or not."""
    day = nasa.newest() if text is None else day_of(nasa, text)
    if text in nasa.remembered:
        return nasa.remembered[text]
    if nasa.broken(day):
        raise Refused(500, "Internal Service Error")
    if (record := nasa.published(day)) is None:
        raise Refused(404, f"No data available for date: {text or day}")
    if text:
        nasa.remembered[text] = record
    return record


def _range(nasa: Nasa, span: Span) -> list[dict[str, Any]]:
    """The records of a span, ascending, days without one left out; a bad day ends it, or is left out, too."""
    if nasa.poisonous and any(map(nasa.broken, span)):
        raise Refused(500, "Internal Service Error")
    shown = (day for day in span if not nasa.broken(day) and not nasa.left_out(day))
    return [record for day in shown if (record := nasa.published(day))]


def _random(nasa: Nasa, text: str) -> list[dict[str, Any]]:
    try:
        count = int(text)
    except ValueError as error:
        raise Refused(400, str(error)) from error
    if not 0 < count <= MOST:
        raise Refused(400, f"Count must be positive and cannot exceed {MOST}")
    dice = random.Random(f"{nasa.seed} {nasa.requests}")  # noqa: S311  # nobody is to be surprised
    days = dice.sample([*Span(FIRST_DAY, nasa.newest())], count)
    return [record for day in days if (record := nasa.published(day))]


def dressed(record: dict[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
    """The record with what was asked for besides; any text is a yes for `concept_tags`, even "False"."""
    more = {}
    if query.get("concept_tags"):
        more["concepts"] = ASLEEP
    if query.get("thumbs", "").lower() == "true" and record.get("media_type") == "video":
        more["thumbnail_url"] = _still(record.get("url", ""))
    return dict(sorted({**record, **more}.items()))


def _still(url: str) -> str:
    """A still of a video on the two hosts that the service knows, else an empty text."""
    for mark, still in STILLS.items():
        if mark in url:
            return still.format(url.partition(mark)[2].partition("?")[0])
    return ""
