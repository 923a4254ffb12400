"""The normalisations, in the order in which they are applied. docs/data.md lists them with their counts.

Nothing is guessed: a letter that the service destroyed stays destroyed, a text that it lost stays lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unicodedata import normalize

import pandas as pd

from include.apod.formats.columns import ADDRESSES, SOURCE_COLUMNS
from include.apod.load.notices import without_notice

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    Apply = Callable[[str], str | None]

LINE_END = re.compile(r"[\r\n]")
LABEL = re.compile(r"[\w ]+")
CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
SCRIPT = re.compile(r"digg_url ?= ?'[^']*'; *digg_skin ?= ?'[^']*';")
STACKED = re.compile(r"^\s*https?://apod\.nasa\.gov/apod/(?=https?://)")
TEXT = "string[python]"  # not Arrow's, which is copied to and fro for each rule of ours
BLANKS = re.compile("  +")
PRINTABLE = bytes(range(0x20, 0x7F))


@dataclass(frozen=True)
class Rule:
    """One normalisation.

    Attributes:
        name: in docs/data.md, and to switch it off.
        columns: the columns that it is applied to.
        apply: takes a text and returns it normalised, or null.
        odd_only: it leaves alone what `is_plain`.
        of_plain: the same for a text that `is_plain`, in less time; None where that makes no difference.
    """

    name: str
    columns: tuple[str, ...]
    apply: Apply
    odd_only: bool = False
    of_plain: Apply | None = None


def is_plain(text: str) -> bool:
    """Whether a text has printable characters of ASCII only; a quarter of the time of a pattern."""
    return text.isascii() and not text.encode().translate(None, PRINTABLE)


def without_label(title: str) -> str:
    """A title without a last line like `Image Credit:`. Not one pattern, whose time would grow with the square."""
    *lines, last = LINE_END.split(title.rstrip())
    label = last.strip().lower()
    named = label.removesuffix(":")
    is_label = named == "courtesy" or ("credit" in named and LABEL.fullmatch(named) is not None)
    head = "\n".join(lines).rstrip()
    return head if head and is_label and named != label else title


def with_scheme(address: str) -> str:
    """An address that begins with `//`, with the scheme that it had on NASA's page."""
    start = address.lstrip()
    return f"https:{start}" if start.startswith("//") else address


def with_single_blanks(text: str) -> str:
    """A text in which each run of white space is one blank; ten times as fast as a pattern."""
    words = " ".join(text.split())
    before, after = (" " if end.isspace() else "" for end in (text[:1], text[-1:]))
    return f"{before}{words}{after}" if words else before


RULES = (
    Rule("nul", SOURCE_COLUMNS, lambda text: text.replace("\0", ""), odd_only=True),
    Rule("control_characters", SOURCE_COLUMNS, lambda text: CONTROL.sub("\ufffd", text), odd_only=True),
    Rule("unicode", SOURCE_COLUMNS, lambda text: normalize("NFC", text), odd_only=True),
    Rule("title_label", ("title",), without_label, odd_only=True),  # a line end is odd
    Rule("script", ("explanation",), lambda text: SCRIPT.sub("", text) if "digg_url" in text else text),
    Rule("notice", ("explanation",), without_notice),
    Rule("tomorrow", ("explanation",), lambda text: text.partition("Tomorrow's picture:")[0]),
    Rule("scheme", ADDRESSES, with_scheme),
    Rule("stacked", ADDRESSES, lambda address: STACKED.sub("", address) if "apod/http" in address else address),
    Rule("white_space", SOURCE_COLUMNS, with_single_blanks, of_plain=lambda text: BLANKS.sub(" ", text)),
    Rule("padding", SOURCE_COLUMNS, str.strip),
    Rule("empty", SOURCE_COLUMNS, lambda text: text or None),
)


def _normalised(text: str, rules: Sequence[Apply], of_plain: Sequence[Apply]) -> str | None:
    """A text after some rules, or after those of plain text, if it is."""
    value: str | None = text
    for apply in of_plain if is_plain(text) else rules:
        if value is None:
            break
        value = apply(value)
    return value


def normalised(frame: pd.DataFrame, without: Collection[str] = ()) -> pd.DataFrame:
    """The frame after the rules, except those named in `without`.

    One row a picture; `SOURCE_COLUMNS` hold text or null and come out as `TEXT`, other columns stay as they are.
    """
    result = frame.copy()
    for name in SOURCE_COLUMNS:
        rules = [rule for rule in RULES if rule.name not in without and name in rule.columns]
        of_all, of_plain = (
            [rule.apply for rule in rules],
            [rule.of_plain or rule.apply for rule in rules if not rule.odd_only],
        )
        texts = [
            _normalised(text, of_all, of_plain) if isinstance(text, str) else None for text in frame[name].tolist()
        ]
        result[name] = pd.Series(texts, frame.index, dtype=TEXT)
    return result


def _differing(frame: pd.DataFrame, reference: pd.DataFrame) -> pd.Series:
    """For each row, whether any value differs."""
    same = (frame == reference).fillna(value=False) | (frame.isna() & reference.isna())
    return ~same.all(axis=1)


def effects(frame: pd.DataFrame) -> dict[str, int]:
    """For each rule, the number of rows that would differ without it."""
    full = normalised(frame)
    return {rule.name: int(_differing(full, normalised(frame, {rule.name})).sum()) for rule in RULES}
