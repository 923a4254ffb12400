"""Every day since 1995 in one picture: SVG, a row a year, a square a day."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from include.apod.days import DAY, Span
from include.apod.sources.absence import NEVER_PUBLISHED

if TYPE_CHECKING:
    from collections.abc import Mapping

STATES = {  # with their descriptions
    "held": "held",
    "corrected": "corrected by NASA",
    "absent": "no picture was published",
    "lost": "lost by the source",
    "missing": "missing: not read yet",
    "unreadable": "unreadable: in quarantine",
}
STEP = 3  # width of a day, in units of the SVG
LEFT, TOP = 40, 14  # margins for years and months
ROW = 11
MONTHS = "JFMAMJJASOND"


def states(span: Span, database_states: Mapping[date, str], unheld: Mapping[date, str]) -> dict[date, str]:
    """The state of each day of the archive: by the database, else by the raw store (`unheld`), else `missing`."""
    reported_states = {**dict.fromkeys(NEVER_PUBLISHED, "absent"), **unheld, **database_states}
    return {day: reported_states.get(day, "missing") for day in span}


def place(day: date) -> tuple[int, int]:
    """Column (day of a leap year, so that each day has the same column in every year) and year of a day."""
    return (date(2000, day.month, day.day) - date(2000, 1, 1)).days, day.year


def _look(state: str, colours: Mapping[str, str] | None) -> str:
    """The attribute that gives the squares of a state their colour."""
    return f'fill="{colours[state]}"' if colours else f'class="{state}"'


def _square(day: date, first_year: int) -> str:
    """The square of a day, as part of a path."""
    column, year = place(day)
    return f"M{LEFT + column * STEP} {TOP + (year - first_year) * ROW}h{STEP - 1}v{ROW - 2}h-{STEP - 1}z"


def svg(day_states: Mapping[date, str], *, colours: Mapping[str, str] | None = None) -> str:
    """The picture. Without `colours` the squares have classes for a style sheet; with them it stands alone."""
    if not day_states:
        return ""
    first, last = min(day_states).year, max(day_states).year
    width, height = LEFT + 366 * STEP, TOP + (last - first + 1) * ROW
    ink = 'fill="currentColor" font-size="8" font-family="sans-serif"'
    years = "".join(
        f'<text x="0" y="{TOP + (year - first) * ROW + 8}" {ink}>{year}</text>' for year in range(first, last + 1)
    )
    months = "".join(
        f'<text x="{LEFT + place(date(2000, number, 1))[0] * STEP + 30}" y="8" {ink}>{letter}</text>'
        for number, letter in enumerate(MONTHS, 1)
    )
    by_state = {name: [day for day, state in day_states.items() if state == name] for name in STATES}
    counts = ", ".join(f"{len(by_state[name])} {description}" for name, description in STATES.items())
    paths = "".join(
        f'<path {_look(name, colours)} d="{"".join(_square(day, first) for day in days)}"/>'
        for name, days in by_state.items()
        if days
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" data-first="{first}" '
        f'data-left="{LEFT}" data-top="{TOP}" data-step="{STEP}" data-row="{ROW}" aria-label="Calendar: {counts}">'
        f"{years}{months}{paths}</svg>"
    )


def years(day_states: Mapping[date, str]) -> list[tuple[str, dict[str, int]]]:
    """How many days of each state each year has, newest first: the calendar for people who do not see it."""
    counts: dict[str, dict[str, int]] = {}
    for day, state in day_states.items():
        year = counts.setdefault(f"{day.year}", dict.fromkeys(STATES, 0))
        year[state] += 1
    return sorted(counts.items(), reverse=True)


def without_picture(day_states: Mapping[date, str]) -> list[tuple[Span, str]]:
    """Spans of days that are neither held nor corrected, with their state, newest first."""
    spans: list[tuple[Span, str]] = []
    for day, state in sorted(day_states.items()):
        if state in ("held", "corrected"):
            continue
        if spans and spans[-1][1] == state and spans[-1][0].last + DAY == day:
            spans[-1] = (Span(spans[-1][0].first, day), state)
        else:
            spans.append((Span(day, day), state))
    return spans[::-1]
