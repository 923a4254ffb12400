"""The normalisations, all of them, in the order in which they are applied. docs/data.md lists them with their counts.

Nothing is guessed: a letter that the service destroyed stays destroyed, a text that it lost stays lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    import pandas as pd

TEXTS = ("title", "explanation", "media_type", "url", "hdurl", "thumbnail_url", "copyright")
ADDRESSES = ("url", "hdurl", "thumbnail_url")


@dataclass(frozen=True)
class Rule:
    """One normalisation.

    Attributes:
        name: in docs/data.md, and to switch it off.
        columns: that it is applied to.
        apply: a column of text in, the same column normalised out.
    """

    name: str
    columns: tuple[str, ...]
    apply: Callable[[pd.Series], pd.Series]


def _replace(pattern: str, replacement: str) -> Callable[[pd.Series], pd.Series]:
    return lambda column: column.str.replace(pattern, replacement, regex=True)


RULES = (
    Rule("line_ends", TEXTS, _replace(r"\r\n?", "\n")),
    Rule("nul", TEXTS, _replace("\0", "")),
    Rule("control_characters", TEXTS, _replace(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", "\ufffd")),
    Rule("unicode", TEXTS, lambda column: column.str.normalize("NFC")),
    Rule("title_label", ("title",), _replace(r"(?i)(?<=\S)\s*\n\s*(?:[\w ]*credit[\w ]*|courtesy):\s*$", "")),
    Rule("script", ("explanation",), _replace(r"digg_url ?= ?'[^']*'; *digg_skin ?= ?'[^']*';", "")),
    Rule("tomorrow", ("explanation",), _replace(r"(?s)Tomorrow's picture:.*$", "")),
    Rule("scheme", ADDRESSES, _replace(r"^\s*//", "https://")),
    Rule("stacked", ADDRESSES, _replace(r"^\s*https?://apod\.nasa\.gov/apod/(?=https?://)", "")),
    Rule("padding", TEXTS, lambda column: column.str.strip()),
    Rule("empty", TEXTS, lambda column: column.mask(column == "")),
)


def normalised(frame: pd.DataFrame, without: Collection[str] = ()) -> pd.DataFrame:
    """The frame (one row a picture, columns `TEXTS` and others, `string` or null) after the rules, but some."""
    made = frame.copy()
    for rule in RULES:
        if rule.name not in without:
            for column in rule.columns:
                made[column] = rule.apply(made[column])
    return made


def effects(frame: pd.DataFrame) -> dict[str, int]:
    """For each rule the rows that would be others without it."""
    full = normalised(frame)
    return {rule.name: int(_differ(full, normalised(frame, {rule.name})).sum()) for rule in RULES}


def _differ(one: pd.DataFrame, other: pd.DataFrame) -> pd.Series:
    same = (one == other).fillna(value=False) | (one.isna() & other.isna())
    return ~same.all(axis=1)
