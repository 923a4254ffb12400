"""The wounds of the migration, and that nothing but what is lost is lost by them."""

from datetime import date

import pytest

from include.apod.days import Span
from include.apod.sources import basic, planetary
from local.nasa import migration
from local.nasa.archive import record_of

YEARS = (1996, 2010, 2013, 2025)


@pytest.fixture
def wounded(nasa):
    nasa.service.wounded = True
    return nasa


@pytest.mark.parametrize("year", YEARS)
def test_every_day_that_was_not_lost_is_read_as_from_the_other_service(wounded, year):
    """Title, text and kind; the medium, where there still is one."""
    source, read, lost = wounded.source("basic"), {}, set()
    for month in range(1, 13):
        span = Span(date(year, month, 1), date(year, month, 28))
        answer = source.fetch(span)
        read |= {day: basic.read(record) for day, record in answer.items()}
        lost |= {day for day in span if migration.is_lost(day) and not migration.is_stray(day)}
    for day, found in read.items():
        legacy, fields = planetary.read(record_of(day)).fields, found.fields
        text = " ".join(legacy["explanation"].partition("Tomorrow's picture")[0].split())

        assert " ".join(legacy["title"].removesuffix("Credit:").split()) == " ".join(fields["title"].split())
        assert (text or None) == (fields.get("explanation") or None)
        if not {"no medium", "no media type", "local path"} & {*found.findings} and legacy["media_type"] != "other":
            url = legacy["url"] if "://" in legacy["url"] else f"https:{legacy['url']}"
            assert (legacy["media_type"], url) == (fields["media_type"], fields["url"])
    days = {day for month in range(1, 13) for day in Span(date(year, month, 1), date(year, month, 28))}
    moved = {day for day in days if migration.is_stray(day) and day.day > 25}  # filed in the next list's days

    assert days - read.keys() <= lost | moved


def test_the_shares_are_roughly_those_that_users_report():
    """Most early days have the stock picture, some are gone, some are filed elsewhere."""
    days = [*Span(date(1995, 6, 20), date(2014, 12, 31))]
    lost = sum(map(migration.is_lost, days))

    assert 0 < sum(map(migration.is_stray, days)) < lost < 40
