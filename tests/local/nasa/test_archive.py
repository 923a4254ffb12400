"""The fictional archive has the shapes of the real one."""

from datetime import date, timedelta

import pytest

from local.nasa.archive import FICTION, FIRST_DAY, NEVER_PUBLISHED, record_of


@pytest.fixture(scope="module")
def records():
    """All of them."""
    return [record for n in range(11484) if (record := record_of(FIRST_DAY + timedelta(days=n)))]


def test_the_archive_lacks_the_four_real_days_and_no_other(records):
    """Up to 2026-11-23 they are 11,480 pictures."""
    assert len(records) == 11480
    assert [record_of(day) for day in NEVER_PUBLISHED] == [None] * 4


def test_the_archive_is_the_same_every_time():
    """Equal raw stores give equal CSVs on every machine."""
    assert record_of(date(2003, 9, 9)) == record_of(date(2003, 9, 9))


def test_the_archive_is_openly_fiction(records):
    """Nobody may take it for NASA's."""
    assert [
        r["date"] for r in records if r["explanation"] and FICTION not in r["explanation"].replace("\ufffd", "o")
    ] == []


@pytest.mark.parametrize(
    "shape",
    [
        lambda r: r["media_type"] == "video" and "hdurl" not in r,
        lambda r: r["media_type"] == "other" and "url" not in r,
        lambda r: r.get("url", "").startswith("//"),
        lambda r: "copyright" not in r,
        lambda r: "\n" in r.get("copyright", ""),
        lambda r: "\r\n" in r["title"],
        lambda r: '"' in r["title"],
        lambda r: r["explanation"] == "",
        lambda r: r["explanation"].startswith("\r"),
        lambda r: "\ufffd" in r["explanation"],
        lambda r: "\u00a0\t" in r["explanation"],
        lambda r: not r["title"].isascii(),
        lambda r: "%" in r["explanation"],
    ],
)
def test_the_archive_has_every_shape_of_the_real_one(shape, records):
    """Each of them breaks some naive pipeline."""
    assert any(map(shape, records))


def test_keys_are_in_the_services_order(records):
    """Alphabetical, as the service sends them."""
    assert [*map(sorted, records)] == [*map(list, records)]
