"""Notices of the site at the end of the planetary service's texts: talks, calendars, galleries, links to follow.

They stand behind three or more blanks and begin with one of `OPENINGS`. Text that begins in any other way stays. What
is cut stays in the raw store. docs/data.md has the count of each opening in the real archive.
"""

from __future__ import annotations

import re

OPENINGS = {
    "follow": r"Follow APOD",
    "random picture": r"(?:Almost Hyperspace|"
    r"(?:Budget|Portal|Surf the|Jump Around the|Jigsaw|Piece Together) Universe[^.?]{0,20}|"
    r"Explore (?:Your|the) Universe):",
    "birthday": r"(?:Dial-A-Birthday|Birthday Surprise|Your Sky Surprise|APOD Birthday)[^:]{0,20}:",
    "codes": r"(?:Open Science|Astrophysicists|Transparent Science):",
    "outreach": r"(?:Discovery \+ Outreach|Share the Sky|Help (?:Evaluate|us)[^.]{0,40}):",
    "calendar": r"(?:Free Download:|Now Available:|(?:APOD )?Wall Calendar|APOD Calendar)",
    "gallery": r"(?:(?:Notable|Gallery|Growing Gallery|Albums?)\b[^.?]{0,60}|Comet [\w/ -]{0,30} Gallery):",
    "best": r"Best (?:of|Short|Astronomy|Space)\b[^.]{0,40}:",
    "talk": r"(?:Free (?:APOD|lecture|Lecture|Presentations?|Online)\b|Experts Debate:|Cosmonova:|"
    r"APOD (?:presents|Lecture|Editor|editor)\b)",
    "note": r"Note ?: (?:Free |An |How to follow |The )?(?:APOD|Astronomy Course)",
    "languages": r"APOD (?:in (?:world|other) languages|across world languages)\b",
    "of APOD": r"APOD (?:Retrospective|Year in Review|is available|Turns|anniversary|Video|Fans)\b",
    "today": r"(?:Today|Tomorrow|Tonight|Last night)'?s? [^.]{0,30}:",
    "other pictures": r"Have you seen today's",
    "news": r"News:",
    "taking part": r"(?:Poll|Survey|Activities|Moderator|Celebrate|Submit|Quiz|Contest|Challenge|Meet|Jobs?|Podcast|"
    r"Videos?|Teachers)\b[^.]{0,50}:",
}
# From the first blank of three or more; with the look behind in front of it Python takes twice as long.
NOTICE = re.compile(rf"\s(?<!\s\s)\s{{2,}}+(?:{'|'.join(OPENINGS.values())}).{{0,600}}$", re.DOTALL)

ASCII_BLANKS = "\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f"


def _first_blanks(text: str) -> int:
    """Where the first three blanks may stand; -1 for nowhere. Much faster than a pattern: most have none."""
    for blank in ASCII_BLANKS:
        text = text.replace(blank, " ")
    return text.find("   ") if text.isascii() else 0


def _cut(text: str, start: int) -> str:
    """A text without the notices that stand behind `start`; -1 for none."""
    notice = NOTICE.search(text, start) if start >= 0 else None
    return text[: notice.start()] if notice else text


def without_notice(text: str) -> str:
    """A text without the notices at its end."""
    ended = text.rstrip()
    return _cut(ended, _first_blanks(ended))


def without_notice_of_plain(text: str) -> str:
    """The same for a text whose only white space is the blank, in less time."""
    ended = text.rstrip()
    return _cut(ended, ended.find("   "))
