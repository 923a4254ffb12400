"""The commit message."""

from datetime import date

import pytest

from include.apod.days import parse_spans
from include.apod.formats.coverage import Coverage
from include.apod.formats.csv_file import Content
from include.apod.history.diff import Diff
from include.apod.version.release_note import NewsSinceTip, Stamp, release_note, trailers

CONTENT = Content(11478, "1995-06-16", "2026-11-22", "A title", frozenset())


def changes(added, corrected, removed):
    """So many of each."""
    days = [f"2026-{month:02}-01" for month in range(1, 13)]
    return NewsSinceTip(Diff(days[:added], days[:removed], {day: {"title": ("a", "b")} for day in days[:corrected]}))


@pytest.mark.parametrize(
    ("changes", "subject"),
    [
        (changes(1, 2, 0), 'data: 2026-11-22 "A title" (+1 ~2, 11478 pictures)'),
        (changes(0, 0, 3), 'data: 2026-11-22 "A title" (-3, 11478 pictures)'),
        (changes(0, 0, 0), 'data: 2026-11-22 "A title" (11478 pictures)'),
        (NewsSinceTip(None), 'data: 2026-11-22 "A title" (11478 pictures)'),
    ],
)
def test_the_subject_counts_what_changed(changes, subject):
    """A count that is not known is left out, not guessed."""
    assert subject == release_note(CONTENT, changes, "", {"Rows": "1"}).splitlines()[0]


def test_a_long_title_with_line_ends_stays_one_short_line():
    """A subject is one line, whatever NASA sends."""
    content = Content(1, "2026-11-22", "2026-11-22", "Many\nwords " * 20, frozenset())
    subject = release_note(content, NewsSinceTip(None), "", {"Rows": "1"}).splitlines()[0]

    assert subject == 'data: 2026-11-22 "Many words Many words Many words Many words Many words Many…" (1 pictures)'


def test_a_trailer_cannot_be_broken_by_its_value():
    """A run id with a line end would forge another trailer."""
    assert release_note(CONTENT, NewsSinceTip(None), "", {"Run": "a\nRows: 7"}).endswith("\n\nRun: a Rows: 7\n")


def test_the_body_says_what_changed():
    """Spans for days that came, went or proved empty; each corrected day with its fields."""
    diff = Diff(
        ["2026-11-01", "2026-11-02", "2026-11-04"],
        ["1999-01-01"],
        {"2026-10-31": {"title": ("a", "b"), "copyright": (None, "c")}},
    )

    assert NewsSinceTip(diff, frozenset({date(2026, 11, 3)})).body.splitlines() == [
        "+ 2026-11-01..2026-11-02 (2)",
        "+ 2026-11-04",
        "~ 2026-10-31 title, copyright",
        "- 1999-01-01",
        "∅ 2026-11-03",
    ]


def test_a_long_body_ends_in_a_count():
    """At most 20 lines."""
    diff = Diff(corrected={f"2026-10-{day:02}": {"title": ("a", "b")} for day in range(1, 32)})
    lines = NewsSinceTip(diff).body.splitlines()

    assert (20, "~ 2026-10-19 title", "and 12 more") == (len(lines), lines[18], lines[19])


@pytest.mark.parametrize("days", [set(), {date(2026, 9, 3)}, {date(2026, 9, 3), date(2026, 9, 4), date(1999, 1, 1)}])
def test_days_without_a_picture_are_read_back_from_their_trailer(days):
    """The next version compares with them."""
    stamp = Stamp("a run", "a commit", date(1995, 6, 16))
    denied = {day: frozenset({date(2027, 2, 1), date(2027, 2, 2)}) for day in days}
    absent, lost = (
        trailers(CONTENT, "md5", Coverage(frozenset(), denied, {}, dict.fromkeys(days, frozenset({name}))), stamp)
        for name in ("planetary", "basic")
    )

    assert days == parse_spans(absent["No-Picture"]) == parse_spans(lost["Lost-By-Source"])
    assert set() == parse_spans(absent["Lost-By-Source"]) == parse_spans(lost["No-Picture"])
