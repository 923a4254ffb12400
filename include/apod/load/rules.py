"""The normalisations, in the order in which they are applied. docs/data.md lists them with their counts.

Nothing is guessed: a letter that the service destroyed stays destroyed, a text that it lost stays lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from operator import ne
from typing import TYPE_CHECKING
from unicodedata import is_normalized, normalize

from include.apod.formats.columns import ADDRESSES, SOURCE_COLUMNS
from include.apod.load.notices import without_notice, without_notice_of_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from include.apod.formats.raw import Record

    Apply = Callable[[str], str | None]
    Column = list[str | None]

LINE_END = re.compile(r"[\r\n]")
LABEL = re.compile(r"[\w ]+")
CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
SCRIPT = re.compile(r"digg_url ?= ?'[^']*'; *digg_skin ?= ?'[^']*';")
TOMORROW = "Tomorrow's picture:"
STACKED = re.compile(r"^\s*https?://apod\.nasa\.gov/apod/(?=https?://)")
BLANKS = re.compile("   *")  # two or more; looks for two at once, so in two thirds of the time of "  +"
PRINTABLE = bytes(range(0x20, 0x7F))
SHORT = 200  # characters of a text; in longer ones to look for the signs takes as long as to apply the rules
LINE = "\n"  # stands between texts that are looked at together


@dataclass(frozen=True)
class Rule:
    """One normalisation.

    Attributes:
        name: in docs/data.md, and to switch it off.
        columns: the columns that it is applied to.
        apply: takes a text and returns it normalised, or null.
        signs: any plain text that it changes has one of them, with a `LINE` before and behind; none: it changes none.
        of_plain: the same for a plain text, in less time; None where that makes no difference.
    """

    name: str
    columns: tuple[str, ...]
    apply: Apply
    signs: tuple[str, ...] = ()
    of_plain: Apply | None = None


def is_plain(text: str) -> bool:
    """Whether a text has printable characters only, in their composed form: so a blank is its only white space."""
    if text.isascii():
        return not text.encode().translate(None, PRINTABLE)  # half the time of what follows
    return text.isprintable() and is_normalized("NFC", text)


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
    Rule("nul", SOURCE_COLUMNS, lambda text: text.replace("\0", "")),
    Rule("control_characters", SOURCE_COLUMNS, lambda text: CONTROL.sub("\ufffd", text)),
    Rule("unicode", SOURCE_COLUMNS, lambda text: normalize("NFC", text)),
    Rule("title_label", ("title",), without_label),  # a line end is not plain
    Rule("script", ("explanation",), lambda text: SCRIPT.sub("", text) if "digg_url" in text else text, ("digg_url",)),
    Rule(
        "notice",
        ("explanation",),
        without_notice,
        ("   ", " \n"),
        of_plain=without_notice_of_plain,
    ),
    Rule("tomorrow", ("explanation",), lambda text: text.partition(TOMORROW)[0], (TOMORROW,)),
    Rule("scheme", ADDRESSES, with_scheme, ("\n//", "\n ")),
    Rule(
        "stacked",
        ADDRESSES,
        lambda address: STACKED.sub("", address) if "apod/http" in address else address,
        ("apod/http",),
    ),
    Rule("white_space", SOURCE_COLUMNS, with_single_blanks, ("  ",), of_plain=lambda text: BLANKS.sub(" ", text)),
    Rule("padding", SOURCE_COLUMNS, str.strip, ("\n ", " \n")),
    Rule("empty", SOURCE_COLUMNS, lambda text: text or None, ("\n\n",)),
)


def _normalised(text: str, rules: Sequence[Apply]) -> str | None:
    """A text after some rules."""
    value: str | None = text
    for apply in rules:
        if value is None:
            break
        value = apply(value)
    return value


def _are_plain(texts: Sequence[str], lines: str) -> bool:
    """Whether all of some texts are plain, by one look at them as `lines`; False where that cannot tell."""
    return lines.isascii() and lines.count(LINE) == len(texts) + 1 and is_plain(lines.replace(LINE, ""))


def _normalised_column(values: Sequence[object], rules: Sequence[Rule]) -> Column:
    """The values of a column after some rules; what is not text is null.

    Of short texts, one look at all of them tells mostly that no rule changes a plain one. It is all rules or none: what
    one leaves may be a sign of the next.
    """
    column = [value if isinstance(value, str) else None for value in values]
    texts = [text for text in column if text is not None]
    lines = LINE.join(("", *texts, ""))
    of_plain = [rule.of_plain or rule.apply for rule in rules if rule.signs]
    if len(lines) < SHORT * len(texts) and not any(sign in lines for rule in rules for sign in rule.signs):
        if _are_plain(texts, lines):
            return column
        of_plain = []
    of_all = [rule.apply for rule in rules]
    return [None if text is None else _normalised(text, of_plain if is_plain(text) else of_all) for text in column]


def normalised(records: Sequence[Record], without: Collection[str] = ()) -> dict[str, Column]:
    """The `SOURCE_COLUMNS` of records (in the one form) after the rules, except those named in `without`."""
    return {
        name: _normalised_column(
            [record.get(name) for record in records],
            [rule for rule in RULES if rule.name not in without and name in rule.columns],
        )
        for name in SOURCE_COLUMNS
    }


def effects(records: Sequence[Record]) -> dict[str, int]:
    """For each rule, the number of rows that would differ without it."""
    full = [*zip(*normalised(records).values(), strict=True)]
    without = {rule.name: zip(*normalised(records, {rule.name}).values(), strict=True) for rule in RULES}
    return {name: sum(map(ne, full, rows)) for name, rows in without.items()}
