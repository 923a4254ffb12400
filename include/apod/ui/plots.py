"""The calendar, the growth of the archive and NASA's edits as SVG files, for people without Airflow's UI."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING

from include.apod.days import Span, newest_publishable
from include.apod.formats.statements import statement
from include.apod.ui import calendar, views

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from psycopg import Connection

    from include.apod.settings import Settings

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, WIDEST = 960, 320, 64, 36, 36, 56
INK, BAR = "#57606a", "#4a7ab5"
LIGHT = {
    "held": "#9db8d9",
    "corrected": "#c2571a",
    "absent": "#4d4d4d",
    "lost": "#9a6700",
    "missing": "#d1242f",
    "unreadable": "#8250df",
}
DARK = {
    "held": "#35557d",
    "corrected": "#f0883e",
    "absent": "#8b949e",
    "lost": "#d4a72c",
    "missing": "#ff6b64",
    "unreadable": "#b794f6",
}


def write(folder: Path, connection: Connection, settings: Settings) -> list[Path]:
    """Writes `calendar.svg`, `calendar-dark.svg`, `growth.svg` and `corrections.svg`; returns their paths.

    Raises:
        Unavailable, Misconfigured, BadData: database or store do not answer, or hold no archive yet.
    """
    span = Span(settings.since, newest_publishable(datetime.now(UTC)))
    states = calendar.states(span, views.day_states(connection), views.days_without_picture(settings))
    growth = [(f"{year}", count) for year, count in connection.execute(statement("ui/growth")).fetchall()]
    edits = [(f"{month}", count) for month, count in connection.execute(statement("ui/edits")).fetchall()]
    pictures = {
        "calendar.svg": calendar.svg(states, colours=LIGHT).replace("currentColor", INK),
        "calendar-dark.svg": calendar.svg(states, colours=DARK).replace("currentColor", "#9aa4ae"),
        "growth.svg": bars("Pictures held, by the end of each year", growth),
        "corrections.svg": bars("Values that NASA changed without a word, by month seen", edits),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pictures.items():
        (folder / name).write_text(text)
    return [folder / name for name in pictures]


def bars(title: str, values: Sequence[tuple[str, int]]) -> str:
    """A bar chart: a bar for each (name, value), the name below it where there is room."""
    most = max((value for _, value in values), default=0) or 1
    step = min((WIDTH - LEFT) / max(len(values), 1), WIDEST)
    every = max(1, len(values) // 12)
    shapes = []
    for number, (name, value) in enumerate(values):
        height = (HEIGHT - TOP - BOTTOM) * value / most
        x, y, width = LEFT + number * step, HEIGHT - BOTTOM - height, max(step - 2, 1)
        box = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
        shapes.append(f'<rect {box} fill="{BAR}"><title>{escape(name)}: {value}</title></rect>')
        if number % every == 0:
            shapes.append(f'<text x="{x:.1f}" y="{HEIGHT - 14}">{escape(name)}</text>')
    if not values:
        shapes = [f'<text x="{LEFT}" y="{HEIGHT // 2}">nothing yet</text>']
    label = f'role="img" aria-label="{escape(title)}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {label}>'
        f'<g fill="{INK}" font-family="sans-serif" font-size="13">'
        f'<text x="0" y="18" font-size="15">{escape(title)}</text>'
        f'<text x="0" y="{TOP + 8}">{most}</text><text x="0" y="{HEIGHT - BOTTOM}">0</text>{"".join(shapes)}</g></svg>'
    )
