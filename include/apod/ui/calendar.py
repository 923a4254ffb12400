"""Every day since 1995 in one picture: SVG, a row a year, a square a day."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from include.apod.days import DAY, Span

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

STATES = {  # and what they look like, for people who cannot tell them by colour, too
    "held": "held",
    "corrected": "corrected by NASA",
    "absent": "no picture, with proof",
    "missing": "missing",
    "quarantined": "in quarantine",
}
STEP = 3  # units a day
LEFT, TOP = 40, 14  # room for years and months
ROW = 11
MONTHS = "JFMAMJJASOND"


def states(span: Span, known: Mapping[date, str], empty: AbstractSet[date]) -> dict[date, str]:
    """What each day of the archive is."""
    return {day: known.get(day) or ("absent" if day in empty else "missing") for day in span}


def place(day: date) -> tuple[int, int]:
    """Column (day of the year, the same in leap years and others) and year of a day."""
    return (date(2000, day.month, day.day) - date(2000, 1, 1)).days, day.year


def svg(of: Mapping[date, str], *, colours: Mapping[str, str] | None = None) -> str:
    """The picture. Without `colours` the squares have classes, for a style sheet; with them it stands alone."""
    if not of:
        return ""
    first, last = min(of).year, max(of).year
    width, height = LEFT + 366 * STEP, TOP + (last - first + 1) * ROW
    paths = {state: "".join(_square(day, first) for day, it in of.items() if it == state) for state in STATES}
    look = {state: f'fill="{colours[state]}"' if colours else f'class="{state}"' for state in STATES}
    ink = 'fill="currentColor" font-size="8" font-family="sans-serif"'
    years = "".join(
        f'<text x="0" y="{TOP + (year - first) * ROW + 8}" {ink}>{year}</text>' for year in range(first, last + 1)
    )
    months = "".join(
        f'<text x="{LEFT + place(date(2000, number, 1))[0] * STEP + 30}" y="8" {ink}>{letter}</text>'
        for number, letter in enumerate(MONTHS, 1)
    )
    drawn = "".join(f'<path {look[state]} d="{path}"/>' for state, path in paths.items() if path)
    counts = ", ".join(f"{sum(it == state for it in of.values())} {name}" for state, name in STATES.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" data-first="{first}" '
        f'data-left="{LEFT}" data-top="{TOP}" data-step="{STEP}" data-row="{ROW}" aria-label="Calendar: {counts}">'
        f"{years}{months}{drawn}</svg>"
    )


def _square(day: date, first: int) -> str:
    column, year = place(day)
    return f"M{LEFT + column * STEP} {TOP + (year - first) * ROW}h{STEP - 1}v{ROW - 2}h-{STEP - 1}z"


def years(of: Mapping[date, str]) -> list[tuple[str, dict[str, int]]]:
    """How many days of each kind each year has, newest first: the calendar for people who do not see it."""
    counted: dict[str, dict[str, int]] = {}
    for day, state in of.items():
        year = counted.setdefault(f"{day.year}", dict.fromkeys(STATES, 0))
        year[state] += 1
    return sorted(counted.items(), reverse=True)


def troubled(of: Mapping[date, str]) -> list[tuple[Span, str]]:
    """Runs of days that are not simply held or corrected, newest first."""
    found: list[tuple[Span, str]] = []
    for day, state in sorted(of.items()):
        if state in ("held", "corrected"):
            continue
        if found and found[-1][1] == state and found[-1][0].last + DAY == day:
            found[-1] = (Span(found[-1][0].first, day), state)
        else:
            found.append((Span(day, day), state))
    return found[::-1]
