"""The commit message."""

import pytest

from include.apod.release_note import Changes, Content, release_note

CONTENT = Content(11478, "1995-06-16", "2026-11-22", "A title")


@pytest.mark.parametrize(
    ("changes", "subject"),
    [
        (Changes(1, 2, 0), 'data: 2026-11-22 "A title" (+1 ~2, 11478 pictures)'),
        (Changes(0, 0, 3), 'data: 2026-11-22 "A title" (-3, 11478 pictures)'),
        (Changes(0, 0, 0), 'data: 2026-11-22 "A title" (11478 pictures)'),
        (None, 'data: 2026-11-22 "A title" (11478 pictures)'),
    ],
)
def test_the_subject_counts_what_changed(changes, subject):
    """A count that is not known is left out, not guessed."""
    assert subject == release_note(CONTENT, changes, "", {"Rows": "1"}).splitlines()[0]


def test_a_long_title_with_line_ends_stays_one_short_line():
    """A subject is one line, whatever NASA sends."""
    content = Content(1, "2026-11-22", "2026-11-22", "Many\nwords " * 20)
    subject = release_note(content, None, "", {"Rows": "1"}).splitlines()[0]

    assert subject == 'data: 2026-11-22 "Many words Many words Many words Many words Many words Many…" (1 pictures)'


def test_a_trailer_cannot_be_broken_by_its_value():
    """A run id with a line end would forge another trailer."""
    assert release_note(CONTENT, None, "", {"Run": "a\nRows: 7"}).endswith("\n\nRun: a Rows: 7\n")
