"""Absent, or lost by the source."""

from datetime import date

import pytest

from include.apod.formats.coverage import read_coverage
from include.apod.formats.raw import Observation, append
from include.apod.sources.absence import absent_days, lost_days


@pytest.mark.parametrize(
    ("day", "source", "word"),
    [
        (date(1995, 6, 18), "basic", "absent"),
        (date(2020, 6, 10), "planetary", "absent"),
        (date(2007, 7, 13), "basic", "lost"),
        (date(2007, 7, 13), "planetary", "absent"),
        (date(2026, 9, 30), "basic", "lost"),
        (date(2026, 10, 1), "basic", "absent"),
    ],
)
def test_a_copy_that_lacks_a_day_has_lost_it(store, day, source, word):
    """No picture is only said of a day that no source ever had."""
    denials = [
        Observation(day, f"2026-12-0{n}T12:00:00Z", source, f"{n}", absent={"status": 404, "body": ""}) for n in (1, 2)
    ]
    append(store.raw, denials)
    coverage = read_coverage(store.raw)

    assert {"absent": [], "lost": [], word: [day]} == {"absent": absent_days(coverage), "lost": lost_days(coverage)}


def test_who_can_know_proves_it_for_all(store):
    """The planetary service was there before the migration."""
    day = date(2007, 7, 13)
    append(
        store.raw,
        [
            Observation(day, f"2026-12-0{n}T12:00:00Z", source, source, absent={"status": 404, "body": ""})
            for n, source in enumerate(("basic", "planetary"), 1)
        ],
    )

    coverage = read_coverage(store.raw)

    assert ([day], []) == (absent_days(coverage), lost_days(coverage))
