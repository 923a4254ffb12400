"""What the raw store covers, and the index that saves reading it."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from include.apod.days import Span
from include.apod.errors import BadData
from include.apod.formats.coverage import Coverage, read_coverage, update_coverage
from include.apod.ingest.ingest import ingest

DAY = date(2025, 10, 2)  # the first that the shutdown of 2025 left without a picture, for six weeks


@pytest.fixture
def filled(nasa, store, scope):
    ingest(nasa.sources(), store, replace(scope, archive=Span(date(1995, 6, 16), date(1995, 9, 30))))
    return store


def denied(*ages):
    """A day that was denied at these ages, in days."""
    return Coverage(frozenset(), {DAY: frozenset(DAY + timedelta(days=age) for age in ages)}, {})


def asked_again(coverage, age):
    return [DAY] == coverage.missing(Span(DAY, DAY), DAY + timedelta(days=age))


@pytest.mark.parametrize(
    ("ages", "age", "again"),
    [
        ((), 17, True),
        ((17,), 17, False),
        ((17,), 18, True),
        ((17, 18), 18, False),
        ((17, 18), 21, False),
        ((17, 18), 22, True),
        ((17, 18, 22), 26, False),
        ((17, 18, 22), 27, True),
        ((11000, 11001), 13750, False),
        ((11000, 11001), 13752, True),
        ((1, 2), 3, True),
    ],
)
def test_a_day_proven_empty_is_asked_for_again_after_a_quarter_of_its_age(ages, age, again):
    """Two days of asking prove it; NASA has filled such days in six weeks later, and a proof is no reason to stop."""
    assert again == asked_again(denied(*ages), age)


def test_the_index_says_what_the_files_say(filled):
    """With it or without it."""
    assert read_coverage(filled.raw) == update_coverage(filled.raw, filled.coverage)
    assert filled.coverage.exists()


def test_only_months_that_changed_are_read(filled):
    """A file that is as it was when it was indexed is not opened; one that is damaged since is seen."""
    before = update_coverage(filled.raw, filled.coverage)
    july, august = filled.raw / "1995/1995-07.jsonl", filled.raw / "1995/1995-08.jsonl"
    july.chmod(0)
    unread = update_coverage(filled.raw, filled.coverage)
    july.chmod(0o644)
    august.write_bytes(august.read_bytes()[:-9])
    with pytest.raises(BadData, match=r"1995-08.jsonl is cut short"):
        update_coverage(filled.raw, filled.coverage)

    assert before == unread


def test_who_only_looks_uses_the_index_and_leaves_it_alone(filled):
    """Months that have changed since are read, the index stays as ingest left it."""
    update_coverage(filled.raw, filled.coverage)
    index, september = filled.coverage.read_bytes(), filled.raw / "1995/1995-09.jsonl"
    september.write_bytes(b"".join(september.read_bytes().splitlines(keepends=True)[:3]))
    looked = read_coverage(filled.raw, filled.coverage)

    assert index == filled.coverage.read_bytes()
    assert read_coverage(filled.raw) == looked


@pytest.mark.parametrize("content", ["", "rubbish", "[]", "7", '{"1995-07": {}}', '{"1995-07": 7}'])
def test_a_damaged_index_is_made_again(filled, content):
    """It holds nothing that the raw store does not."""
    filled.coverage.write_text(content)
    found = update_coverage(filled.raw, filled.coverage)

    assert read_coverage(filled.raw) == found
    assert ["1995-06", "1995-07", "1995-08", "1995-09"] == [*json.loads(filled.coverage.read_text())]


def test_a_month_that_is_gone_is_missing_again(filled):
    """The index does not remember what the store has lost."""
    (filled.raw / "1995/1995-07.jsonl").unlink()

    assert date(1995, 7, 4) not in update_coverage(filled.raw, filled.coverage).observed


def test_a_day_that_was_denied_once_is_pending(filled):
    """It is asked for again; one that was denied on two days is settled."""
    coverage, today = read_coverage(filled.raw), date(2026, 11, 23)
    once, twice = date(1995, 8, 17), date(1995, 8, 18)
    denied = {once: frozenset({today}), twice: frozenset({today, today - timedelta(1)})}
    coverage = replace(coverage, observed=coverage.observed - denied.keys(), denied=denied)

    assert [once] == coverage.pending(Span(date(1995, 8, 16), date(1995, 8, 20)))
