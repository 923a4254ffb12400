"""What `api.nasa.gov/planetary/apod` answers: its rules for queries, and its error messages."""

from __future__ import annotations

import json
import random
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from local.nasa.calendar import FIRST_DAY, days_between

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.nasa.state import Catalogue, Nasa

FIELDS = "'concept_tags', 'date', 'hd', 'count', 'start_date', 'end_date', 'thumbs'"
ALLOWED = f"Allowed request fields for apod method are {FIELDS}"
KNOWN = {"concept_tags", "date", "hd", "count", "start_date", "end_date", "thumbs", "api_key"}
SHAPES = ({"date"}, {"count"}, {"start_date"}, {"start_date", "end_date"}, set[str]())
MAX_COUNT = 100
STILLS = {"youtube.com/embed/": "https://img.youtube.com/vi/{}/0.jpg", "player.vimeo.com/video/": "https://vimeo/{}"}
CONCEPTS_OFF = "concept_tags functionality turned off in current service"


class Refused(Exception):  # it is an answer, not a fault
    """The service's own error answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def _json(body: object, status: int) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, media_type="application/json")


def answer(catalogue: Catalogue, query: Mapping[str, str]) -> Response:
    """The service's answer to a question that the gateway let through."""
    try:
        return _json(pictures(catalogue, query), 200)
    except Refused as refused:
        return _json({"code": refused.status, "msg": str(refused), "service_version": "v1"}, refused.status)


def _single(catalogue: Catalogue, text: str | None) -> dict[str, Any]:
    """The record of one day. Each worker keeps for good what it has once answered, later edits or not."""
    nasa = catalogue.nasa
    day = nasa.newest() if text is None else day_of(nasa, text)
    if text in nasa.remembered:
        return nasa.remembered[text]
    if catalogue.is_broken(day):
        raise Refused(500, "Internal Service Error")
    if (record := catalogue.published(day)) is None:
        raise Refused(404, f"No data available for date: {text or day}")
    if text:
        nasa.remembered[text] = record
    return record


def _range(catalogue: Catalogue, first: date, last: date) -> list[dict[str, Any]]:
    """The records of a range of days, oldest first, without days that have none; a bad day ends it, or is left out."""
    days = [*days_between(first, last)]
    if catalogue.nasa.poisonous and any(map(catalogue.is_broken, days)):
        raise Refused(500, "Internal Service Error")
    listed = (day for day in days if not catalogue.is_broken(day) and not catalogue.is_left_out(day))
    return [record for day in listed if (record := catalogue.published(day))]


def _random(catalogue: Catalogue, text: str) -> list[dict[str, Any]]:
    """Some random days."""
    try:
        count = int(text)
    except ValueError as error:
        raise Refused(400, str(error)) from error
    if not 0 < count <= MAX_COUNT:
        raise Refused(400, f"Count must be positive and cannot exceed {MAX_COUNT}")
    nasa = catalogue.nasa
    dice = random.Random(f"{nasa.seed} {nasa.requests}")  # noqa: S311  # the same days in every run
    days = dice.sample([*days_between(FIRST_DAY, nasa.newest())], count)
    return [record for day in days if (record := catalogue.published(day))]


def pictures(catalogue: Catalogue, query: Mapping[str, str]) -> Any:
    """One record, or a list of them.

    Raises:
        Refused: with the service's own status and message.
    """
    if set(query) - KNOWN:
        raise Refused(400, f"Bad Request: incorrect field passed. {ALLOWED}")
    fields = set(query) - {"api_key", "hd", "thumbs", "concept_tags"}
    if fields not in SHAPES:
        raise Refused(400, f"Bad Request: invalid field combination passed. {ALLOWED}")
    if "count" in fields:
        return [with_extras(record, query) for record in _random(catalogue, query["count"])]
    if "start_date" in fields:
        first = day_of(catalogue.nasa, query["start_date"])
        last = day_of(catalogue.nasa, query.get("end_date", f"{catalogue.nasa.today()}"))
        if first > last:
            raise Refused(400, "start_date cannot be after end_date")
        return [with_extras(record, query) for record in _range(catalogue, first, last)]
    return with_extras(_single(catalogue, query.get("date")), query)


def day_of(nasa: Nasa, text: str) -> date:
    """The day of a parameter.

    Raises:
        Refused: it is not a day, or not one of the archive.
    """
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  # as the service itself does
    except ValueError as error:
        raise Refused(400, str(error)) from error
    if not FIRST_DAY <= day <= nasa.today():
        raise Refused(400, f"Date must be between Jun 16, 1995 and {nasa.today():%b %d, %Y}.")
    return day


def _still(url: str) -> str:
    """A still of a video on the two hosts that the service knows, else an empty text."""
    for mark, still in STILLS.items():
        if mark in url:
            return still.format(url.partition(mark)[2].partition("?")[0])
    return ""


def with_extras(record: dict[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
    """The record with the extras of the query; any text is a yes for `concept_tags`, even "False"."""
    extras = {}
    if query.get("concept_tags"):
        extras["concepts"] = CONCEPTS_OFF
    if query.get("thumbs", "").lower() == "true" and record.get("media_type") == "video":
        extras["thumbnail_url"] = _still(record.get("url", ""))
    return dict(sorted({**record, **extras}.items()))
