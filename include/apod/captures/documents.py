"""The records in a JSON or NDJSON document, in whatever layout somebody kept them."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from include.apod.adapters.json_text import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from include.apod.formats.raw import Record

SUFFIXES = ("json", "jsonl", "ndjson")
MOST_BYTES = 64 << 20  # of a document: the whole archive is 15 MB
MOST_LEVELS = 8  # of containers around a record
OWN_FIELDS = frozenset({"date", "title", "explanation"})  # one of them makes an object a record


class NotReadable(Exception):  # it costs one document, and is counted
    """A document that is neither JSON nor NDJSON."""


def _parsed(text: str) -> Iterator[object]:
    """The values of a document: one of JSON, or one a line."""
    try:
        yield parse_json(text, _missing)
    except ValueError:
        yield from (parse_json(line, _missing) for line in text.split("\n") if line.strip())


def _missing(_: str) -> None:
    """What pandas writes as NaN."""


def _objects(value: object, levels: int = MOST_LEVELS) -> Iterator[Record]:
    """The records in a value, and the innermost objects that are none: what was stored in place of a record."""
    if isinstance(value, dict):
        inner = [part for part in value.values() if isinstance(part, dict | list)]
        if OWN_FIELDS & value.keys() or not inner:
            yield cast("Record", value)
            return
    else:
        inner = [part for part in cast("list[object]", value) if isinstance(part, dict | list)]
    if levels:
        for part in inner:
            yield from _objects(part, levels - 1)


def objects_in(content: bytes) -> list[Record]:
    """The records of a document, in its order; an object in place of a record is among them.

    Raises:
        NotReadable: it is not JSON.
    """
    try:
        values = [*_parsed(content.decode("utf-8-sig"))]
    except (ValueError, RecursionError) as error:
        raise NotReadable(f"{error}"[:80]) from error
    return [record for value in values if isinstance(value, dict | list) for record in _objects(value)]
