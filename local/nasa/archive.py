"""An openly fictional archive in the shapes of the real one: one record a day from 1995-06-16, always the same.

All words are ours; no place, person or picture in it exists. What is true to life is the form: videos, `other`
without a url, absent copyrights, line ends, quotes, letters that the service destroyed, empty and clipped texts, and
the four days on which NASA published nothing.
"""

from __future__ import annotations

import random
from datetime import date
from typing import Any

from local.nasa.calendar import FIRST_DAY

NEVER_PUBLISHED = frozenset({date(1995, 6, 17), date(1995, 6, 18), date(1995, 6, 19), date(2020, 6, 10)})
SITE = "https://apod.example/apod"

KINDS = ("Nebula", "Galaxy", "Comet", "Cluster", "Aurora", "Eclipse", "Crater", "Moonrise", "Supernova Shell")
NAMES = (
    "Lantern", "Paper Boat", "Quiet Harbour", "Clockmaker's", "Seventh Door", "Blue Teapot", "Hollow Oak",
    "Weaver's", "Ærø", "Niño's Kite", "Übersee", "Żółw", "Mañana", "Tidemark", "Glass Heron",
)  # fmt: skip
PLACES = (
    "Port Meridian", "the Salt Stairs", "Upper Nowhere", "Lake Ozymand", "Mount Invented", "Cape Perhaps",
    "Nordhavn-på-Måne", "São Ninguém", "the Desert of Commas",
)  # fmt: skip
PEOPLE = (
    "Ada Nemo",
    "Jo Vermutung",
    "Iñaki Fingido",
    "Zoë Placeholder",
    "Björn Ingensteds",
    "Lin Xūgòu",
    "R. Cipher",
)
SENTENCES = (
    "What is the light above {place}?",
    "The {name} {kind}, pictured here, does not exist, and yet it is {number} light-years away.",
    "Observers in {place} waited {number} nights for a sky as clear as this one.",
    'Dust that nobody has catalogued glows in red where "hydrogen" would, if there were any.',
    "The bright arc near the centre was drawn by {person} with a ruler, a compass and 40% of a pencil.",
    "Its two companions, {name} A and {name} B, circle each other once in {number} days; one of them is late.",
    "No telescope has confirmed this, nor could it: the coordinates lie in a work of fiction.",
    "Scale marks, north arrow and colours were agreed on by a committee in {place}.",
    "The faint smudge, lower left, may be a galaxy; it may also be a thumb.",
    "Some 'facts' in this text contradict each other; that is on purpose -- they test quotes, commas, and dashes.",
    "By next week the {kind} will have set behind {place}, and the story with it.",
)  # fmt: skip
FICTION = "This text is fiction, written to test a data pipeline."


def _text(dice: random.Random, length: int) -> str:
    words = {"name": dice.choice(NAMES), "kind": dice.choice(KINDS).lower(), "place": dice.choice(PLACES)}
    sentences = [FICTION]
    while sum(map(len, sentences)) < length:
        template = dice.choice(SENTENCES)
        sentences.append(template.format(**words, person=dice.choice(PEOPLE), number=dice.randrange(2, 9000)))
    return "  ".join(sentences)  # two blanks after a full stop, as in nearly every real text


def _era(record: dict[str, Any], day: date, dice: random.Random) -> None:
    """The habits and accidents of the real archive's years."""
    if day.year <= 1995 and dice.random() < 0.1:
        record["explanation"] = ""
    if 1996 <= day.year <= 1997 and dice.random() < 0.3:  # the years that have them
        record["explanation"] = f"\r {record['explanation']}"
        record["title"] += "\r\nCredit:"
    if dice.random() < 0.01:
        record["title"] = f'"{record["title"]}", Again'
    if dice.random() < 0.01:
        record["explanation"] = record["explanation"].replace("é", "\ufffd").replace("o", "\ufffd", 1)
    if dice.random() < 0.003:
        record["explanation"] += "\u00a0\tTomorrow's picture: <b>unwritten</b>"


def _rights(record: dict[str, Any], day: date, dice: random.Random) -> None:
    if dice.random() < (0.12 if day.year < 2000 else 0.6):  # as in the real archive
        people = dice.sample(PEOPLE, k=dice.choice((1, 1, 1, 2)))
        record["copyright"] = ("\n" if dice.random() < 0.1 else "") + ",\n".join(people)


def _media(record: dict[str, Any], day: date, dice: random.Random) -> None:
    picture_url = f"{SITE}/image/{day:%y%m}/{record['title'].split()[1].lower()}{day:%d}{dice.randrange(100):02}"
    fate = dice.random()
    if fate < 0.003:  # shares of the real archive, here and below
        record["media_type"] = "other"
    elif fate < 0.04:
        scheme = "" if day.year == 2013 else "https:"  # protocol-relative, as then
        record |= {"media_type": "video", "url": f"{scheme}//video.example/embed/{day:%Y%m%d}?rel=0"}
    else:
        kind = dice.choice(("jpg", "jpg", "jpg", "jpg", "gif", "png"))
        record |= {"media_type": "image", "url": f"{picture_url}.{kind}", "hdurl": f"{picture_url}_big.{kind}"}


def record_of(day: date) -> dict[str, Any] | None:
    """The record of a day as the planetary service sends it, keys in its order; None where there is none."""
    if day < FIRST_DAY or day in NEVER_PUBLISHED:
        return None
    dice = random.Random(day.toordinal())  # noqa: S311  # the same archive on every machine
    record: dict[str, Any] = {"date": f"{day}", "service_version": "v1"}
    record["title"] = f"The {dice.choice(NAMES)} {dice.choice(KINDS)} over {dice.choice(PLACES)}"
    record["explanation"] = _text(dice, round(dice.gauss(820, 220)))
    _media(record, day, dice)
    _rights(record, day, dice)
    _era(record, day, dice)
    return dict(sorted(record.items()))
