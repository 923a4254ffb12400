"""The calendar."""

from datetime import UTC, date, datetime

import pytest

from include.apod.days import DAY, Span, complete_through, in_requests, newest_publishable, parse_span
from include.apod.errors import Misconfigured

ARCHIVE = Span(date(1995, 6, 16), date(2026, 11, 23))


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-11-23T05:04:59Z", date(2026, 11, 22)),
        ("2026-11-23T05:05:00Z", date(2026, 11, 23)),
        ("2026-07-01T04:05:00Z", date(2026, 7, 1)),
        ("2026-03-08T05:05:00Z", date(2026, 3, 8)),
    ],
)
def test_day_changes_five_past_midnight_in_new_york(now, day):
    """Not at midnight UTC, and with daylight saving."""
    assert day == newest_publishable(datetime.fromisoformat(now).astimezone(UTC))


def test_days_become_one_span_a_month_newest_first():
    """One request a month keeps the archive at under 400 requests."""
    days = [date(2026, 8, 31), date(2026, 9, 1), date(2026, 10, 1), date(2026, 10, 20)]

    assert [Span(days[2], days[3]), Span(days[0], days[1])] == in_requests(days)


def test_the_look_back_is_one_request_across_a_month_s_end():
    """Neighbours that are no longer than a month together are one."""
    days = Span(date(2026, 10, 25), date(2026, 11, 9))

    assert [days] == in_requests(days)


def test_a_whole_archive_is_one_request_a_month():
    """378 of them, none longer than 31 days."""
    spans = in_requests(ARCHIVE)

    assert (378, 31) == (len(spans), max(map(len, spans)))


def test_no_parameters_ask_for_nothing():
    """Then the look-back decides."""
    assert parse_span("", "", ARCHIVE) is None


def test_one_parameter_is_completed_by_the_archive():
    """`start_date` alone reads up to today."""
    assert Span(date(2026, 11, 1), ARCHIVE.last) == parse_span("2026-11-01", "", ARCHIVE)


@pytest.mark.parametrize(
    ("start", "end", "match"),
    [
        ("banana", "", "banana"),
        ("2026-02-30", "", "2026-02-30"),
        ("2026-11-02", "2026-11-01", "in order"),
        ("1990-01-01", "", "1990-01-01"),
        ("", "2027-01-01", "2027-01-01"),
    ],
)
def test_a_span_that_cannot_be_is_refused_by_its_value(start, end, match):
    """Bad input names the value and what is allowed."""
    with pytest.raises(Misconfigured, match=match):
        parse_span(start, end, ARCHIVE)


@pytest.mark.parametrize(("missing", "through"), [((), 5), ((4,), 3), ((1,), None), ((2, 4), 1)])
def test_complete_through_stops_at_the_first_hole(missing, through):
    """Whatever follows it."""
    first = date(2026, 11, 1)
    days = {first + (number - 1) * DAY for number in range(1, 6) if number not in missing}

    assert (first + (through - 1) * DAY if through else None) == complete_through(days, first)
