"""The normalisations, in the order in which they are applied. docs/data.md lists them with their counts.

Nothing is guessed: a letter that the service destroyed stays destroyed, a text that it lost stays lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unicodedata import is_normalized

from include.apod.formats.columns import ADDRESSES, SOURCE_COLUMNS
from include.apod.load.notices import has_notice, without_notice

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    import pandas as pd

SEPARATOR = "\ufdd0"  # between texts: no letter, and no white space
LINE_END = re.compile(r"[\r\n]")
LABEL = re.compile(r"[\w ]+")
CONTROL = r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"


@dataclass(frozen=True)
class Rule:
    """One normalisation.

    Attributes:
        name: in docs/data.md, and to switch it off.
        columns: the columns that it is applied to.
        may_apply: a cheap test on all texts of a column, joined by `SEPARATOR`; if false, the rule is skipped for the
            column. Most rules change nothing in most columns, and pandas would look at each text to find that out.
        apply: takes a column of text and returns it normalised.
    """

    name: str
    columns: tuple[str, ...]
    may_apply: Callable[[str], bool]
    apply: Callable[[pd.Series], pd.Series]


def _replace(pattern: str, replacement: str) -> Callable[[pd.Series], pd.Series]:
    return lambda column: column.str.replace(pattern, replacement, regex=True)


def _has(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda texts: compiled.search(texts) is not None


def _always(_: str) -> bool:
    return True


def without_label(title: str) -> str:
    """A title without a last line like `Image Credit:`. Not one pattern, whose time would grow with the square."""
    *lines, last = LINE_END.split(title.rstrip())
    label = last.strip().lower()
    named = label.removesuffix(":")
    is_label = named == "courtesy" or ("credit" in named and LABEL.fullmatch(named) is not None)
    head = "\n".join(lines).rstrip()
    return head if head and is_label and named != label else title


def with_single_blanks(text: str) -> str:
    """A text in which each run of white space is one blank; ten times as fast as a pattern."""
    words = " ".join(text.split())
    before, after = (" " if end.isspace() else "" for end in (text[:1], text[-1:]))
    return f"{before}{words}{after}" if words else before


RULES = (
    Rule("nul", SOURCE_COLUMNS, _has("\0"), _replace("\0", "")),
    Rule("control_characters", SOURCE_COLUMNS, _has(CONTROL), _replace(CONTROL, "\ufffd")),
    Rule(
        "unicode",
        SOURCE_COLUMNS,
        lambda texts: not is_normalized("NFC", texts),
        lambda column: column.str.normalize("NFC"),
    ),
    Rule(
        "title_label",
        ("title",),
        _has(r"(?i)credit|courtesy"),
        lambda column: column.map(without_label, na_action="ignore"),
    ),
    Rule("script", ("explanation",), _has("digg_url"), _replace(r"digg_url ?= ?'[^']*'; *digg_skin ?= ?'[^']*';", "")),
    Rule("notice", ("explanation",), has_notice, lambda column: column.map(without_notice, na_action="ignore")),
    Rule("tomorrow", ("explanation",), _has("Tomorrow's picture:"), _replace(r"(?s)Tomorrow's picture:.*$", "")),
    Rule("scheme", ADDRESSES, _has(rf"(?:\A|{SEPARATOR})\s*//"), _replace(r"^\s*//", "https://")),
    Rule("stacked", ADDRESSES, _has("apod/http"), _replace(r"^\s*https?://apod\.nasa\.gov/apod/(?=https?://)", "")),
    Rule(
        "white_space",
        SOURCE_COLUMNS,
        _has(r"\s\s|[^\S ]"),
        lambda column: column.map(with_single_blanks, na_action="ignore"),
    ),
    Rule("padding", SOURCE_COLUMNS, _always, lambda column: column.str.strip()),
    Rule("empty", SOURCE_COLUMNS, _always, lambda column: column.mask(column == "")),
)


def normalised(frame: pd.DataFrame, without: Collection[str] = ()) -> pd.DataFrame:
    """The frame after the rules, except those named in `without`.

    One row a picture; `SOURCE_COLUMNS` are of type `string` or null, other columns stay as they are.
    """
    result = frame.copy()
    for name in SOURCE_COLUMNS:
        column, texts = result[name], None
        for rule in RULES:
            if rule.name in without or name not in rule.columns:
                continue
            texts = SEPARATOR.join(column.dropna().tolist()) if texts is None else texts
            if rule.may_apply(texts):
                column, texts = rule.apply(column), None
        result[name] = column
    return result


def _differing(frame: pd.DataFrame, reference: pd.DataFrame) -> pd.Series:
    """For each row, whether any value differs."""
    same = (frame == reference).fillna(value=False) | (frame.isna() & reference.isna())
    return ~same.all(axis=1)


def effects(frame: pd.DataFrame) -> dict[str, int]:
    """For each rule, the number of rows that would differ without it."""
    full = normalised(frame)
    return {rule.name: int(_differing(full, normalised(frame, {rule.name})).sum()) for rule in RULES}
