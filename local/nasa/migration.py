"""What the migration to the replacement service did to its archive: shapes that its users have reported.

Each day's wounds are drawn from the day itself, so they are the same on every machine. Shares are rough.
"""

from __future__ import annotations

import random
from datetime import date
from typing import Any

from local.nasa.calendar import DAY

Article = dict[str, Any]
GENERIC = (
    "https://assets.science.nasa.gov/dynamicimage/assets/science/astro/programs/cosmic-origins/images/misc/"
    "news-thumbnail.png?w=594&h=516&fit=clip"
)
THROUGH = date(2026, 9, 30)  # what came out later was not migrated, so no day of it was lost
EARLY = 2015  # years before it lost most of their large pictures
STRAY_DAYS = 3  # a stray record is filed so many days late
NOTICE = "<br><br><strong>A notice of the site.</strong> Submissions are <a href='#'>closed</a> for the season."
LABELS = (
    "<b> Image Credit &amp; <a href='#'>Copyright</a>: </b> {}",
    "<strong>Image Credit &amp; Copyright:</strong> {}",
    "<a href='#'>{}</a>",
)


def _dice(day: date) -> random.Random:
    return random.Random(f"migration {day.toordinal()}")  # noqa: S311  # the same wounds on every machine


def is_lost(day: date) -> bool:
    """Whether the service has no record under this day; half of these are filed under a later one."""
    return day <= THROUGH and _dice(day).random() < 0.002


def is_stray(day: date) -> bool:
    """Whether a lost record stands under the date of a later day."""
    return day <= THROUGH and _dice(day).random() < 0.001


def stray_of(day: date) -> date:
    """The day whose record may be filed under this day."""
    return day - STRAY_DAYS * DAY


def _medium(article: Article, day: date, dice: random.Random) -> None:
    is_video = article["media_type"] != "image"
    if dice.random() < (0.8 if day.year < EARLY or is_video else 0.02):
        article["hdurl"] = GENERIC
    fate = dice.random()
    if fate < 0.003:
        article |= {"hdurl": GENERIC, "basic_html": "<html><body><center><h1>A day</h1></center></body></html>"}
    elif fate < 0.006 and is_video:
        article["basic_html"] = '<iframe src="///Users/x/video.html"></iframe>'
    elif fate < 0.011:
        article["media_type"] = None


def _texts(article: Article, day: date, dice: random.Random, holder: str | None) -> None:
    if dice.random() < 0.02:
        article["title"] = f"APOD: {day:%Y %B} {day.day} &#8211; {article['title']}"
    if dice.random() < 0.09:
        head, mark, tail = article["explanation"].partition("<br>\n<strong>Tomorrow")
        article["explanation"] = f"{head}{NOTICE}{mark}{tail}"
    if holder:
        article["copyright"] = dice.choice(LABELS).format(holder)
    elif dice.random() < 0.5:
        article["copyright"] = "<strong>Image Credit:</strong> <a href='#'>NASA</a>"
    else:
        article["copyright"] = dice.choice((False, "", None))


def wounded(article: Article, day: date, holder: str | None) -> Article:
    """An article as the migration left it; `holder` is the holder of the rights in HTML, None for none."""
    dice = _dice(day)
    dice.random()  # that of `is_lost`
    result = dict(article)
    if "title" in result:
        _medium(result, day, dice)
        _texts(result, day, dice, holder)
    return result
