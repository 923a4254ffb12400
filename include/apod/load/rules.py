"""The normalisations, all of them, in the order in which they are applied. docs/data.md lists them with their counts.

Nothing is guessed: a letter that the service destroyed stays destroyed, a text that it lost stays lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unicodedata import is_normalized

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    import pandas as pd

TEXTS = ("title", "explanation", "media_type", "url", "hdurl", "thumbnail_url", "copyright")
ADDRESSES = ("url", "hdurl", "thumbnail_url")
LABEL = r"(?i)(?<=\S)\s*\n\s*(?:[\w ]*credit[\w ]*|courtesy):\s*$"
CONTROL = r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"


@dataclass(frozen=True)
class Rule:
    """One normalisation.

    Attributes:
        name: in docs/data.md, and to switch it off.
        columns: that it is applied to.
        sign: tells of many texts at once, in lines one below the other, whether one of them may need it: most rules
            change nothing in most columns, and pandas takes each text in its hand to find that out.
        apply: a column of text in, the same column normalised out.
    """

    name: str
    columns: tuple[str, ...]
    sign: Callable[[str], bool]
    apply: Callable[[pd.Series], pd.Series]


def _replace(pattern: str, replacement: str) -> Callable[[pd.Series], pd.Series]:
    return lambda column: column.str.replace(pattern, replacement, regex=True)


def _has(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda texts: compiled.search(texts) is not None


def _always(_: str) -> bool:
    return True


RULES = (
    Rule("line_ends", TEXTS, _has(r"\r"), _replace(r"\r\n?", "\n")),
    Rule("nul", TEXTS, _has("\0"), _replace("\0", "")),
    Rule("control_characters", TEXTS, _has(CONTROL), _replace(CONTROL, "\ufffd")),
    Rule("unicode", TEXTS, lambda texts: not is_normalized("NFC", texts), lambda column: column.str.normalize("NFC")),
    Rule(
        "title_label",
        ("title",),
        _has(r"(?i)credit|courtesy"),
        _replace(r"(?i)(?<=\S)\s*\n\s*(?:[\w ]*credit[\w ]*|courtesy):\s*$", ""),
    ),
    Rule("script", ("explanation",), _has("digg_url"), _replace(r"digg_url ?= ?'[^']*'; *digg_skin ?= ?'[^']*';", "")),
    Rule("tomorrow", ("explanation",), _has("Tomorrow's picture:"), _replace(r"(?s)Tomorrow's picture:.*$", "")),
    Rule("scheme", ADDRESSES, _has(r"(?m)^\s*//"), _replace(r"^\s*//", "https://")),
    Rule("stacked", ADDRESSES, _has("apod/http"), _replace(r"^\s*https?://apod\.nasa\.gov/apod/(?=https?://)", "")),
    Rule("padding", TEXTS, _always, lambda column: column.str.strip()),
    Rule("empty", TEXTS, _always, lambda column: column.mask(column == "")),
)


def normalised(frame: pd.DataFrame, without: Collection[str] = ()) -> pd.DataFrame:
    """The frame (one row a picture, columns `TEXTS` and others, `string` or null) after the rules, but some."""
    made = frame.copy()
    for name in TEXTS:
        column, texts = made[name], None
        for rule in RULES:
            if rule.name in without or name not in rule.columns:
                continue
            texts = "\n".join(column.dropna().tolist()) if texts is None else texts
            if rule.sign(texts):
                column, texts = rule.apply(column), None
        made[name] = column
    return made


def effects(frame: pd.DataFrame) -> dict[str, int]:
    """For each rule the rows that would be others without it."""
    full = normalised(frame)
    return {rule.name: int(_differ(full, normalised(frame, {rule.name})).sum()) for rule in RULES}


def _differ(one: pd.DataFrame, other: pd.DataFrame) -> pd.Series:
    same = (one == other).fillna(value=False) | (one.isna() & other.isna())
    return ~same.all(axis=1)
