"""What is believed."""

from datetime import date, timedelta

import pytest

from include.apod.days import Span
from include.apod.errors import SourceChanged
from include.apod.sources.gate import by_day, refused_days
from local.nasa.archive import record_of

FIRST = date(2026, 10, 1)


def answer(days, **changed):
    """Records of so many days, each changed in the same way."""
    dates = [FIRST + timedelta(days=n) for n in range(days)]
    return {day: {**record_of(day), **changed} for day in dates}


def test_a_good_answer_passes():
    """Every month of the fictional archive does, and tests/test_real_records.py shows it of the real one."""
    assert {} == refused_days(answer(31), "planetary")


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"title": "NASA Science"}, "31 of 31 days; 2026-10-01: a placeholder, title 'NASA Science'"),
        ({"url": "https://x.example/nasa-logo@2x.png"}, "a placeholder, .*nasa-logo"),
        ({"hdurl": "https://science.nasa.gov/wp-content/themes/nasa-child/a.png"}, "a placeholder"),
        ({"url": "https://x.example/same.jpg"}, "the same url as other days, 31 in all, 'https://x.example/same.jpg'"),
        ({"title": "Same"}, "the same title as other days, 31 in all, 'Same'"),
        ({"explanation": "Same."}, "the same explanation as other days, 31 in all, 'Same.'"),
        ({"title": None}, "wrong shape, title is None"),
        ({"title": " "}, "wrong shape, title is ' '"),
        ({"explanation": 7}, "wrong shape, explanation is 7"),
        ({"media_type": ["image"]}, r"wrong shape, media_type is \['image'\]"),
    ],
)
def test_an_answer_that_is_no_pictures_is_refused_by_name(changed, match):
    """The source is then left for the next one; nothing of it is stored."""
    with pytest.raises(SourceChanged, match=f"planetary answers with what is no picture on .*{match}"):
        refused_days(answer(31, **changed), "planetary")


def test_one_bad_record_costs_one_day():
    """The others are believed."""
    records = answer(31)
    records[FIRST]["title"] = "NASA Science"

    assert [FIRST] == [*refused_days(records, "planetary")]


def test_a_single_record_that_is_bad_is_the_whole_answer():
    """A day that is asked for singly."""
    with pytest.raises(SourceChanged, match="1 of 1 days"):
        refused_days(answer(1, title="NASA Science"), "planetary")


def test_days_may_share_a_title_but_not_a_picture():
    """M31 has had its title on 17 days; in no month a url has stood twice."""
    records = answer(31)
    for n in range(3):
        records[FIRST + timedelta(days=9 * n)]["title"] = "M31"

    assert {} == refused_days(records, "planetary")
    assert {} == refused_days(answer(2, title="M31"), "planetary")
    with pytest.raises(SourceChanged, match="the same url as other days, 2 in all"):
        refused_days(answer(2, url="https://x.example/same.jpg"), "planetary")


def test_empty_values_are_not_the_same_value():
    """In 1995 eighteen texts are empty, and `other` has no url."""
    assert {} == refused_days(answer(31, explanation="", url="", hdurl=""), "planetary")


def test_two_records_of_one_day_cost_that_day(caplog):
    """Nobody can say which one is right; the others stand."""
    records = answer(5)
    other = {**records[FIRST], "title": "Another"}

    assert [*records][1:] == [*by_day([*records.values(), other], Span(FIRST, max(records)), "planetary")]
    assert "2 records that fit no day" in caplog.text


def test_the_same_record_twice_is_that_record():
    """A page that overlaps with the one before."""
    records = answer(5)

    assert records == by_day([*records.values(), records[FIRST]], Span(FIRST, max(records)), "planetary")


def test_an_answer_of_mostly_other_days_is_not_believed():
    """A service that ignores parameters answers with what is newest."""
    records = answer(5)
    with pytest.raises(SourceChanged, match="was asked for 2026-10-04..2026-10-05 and answered 2026-10-01, "):
        by_day([*records.values()], Span(date(2026, 10, 4), date(2026, 10, 5)), "basic")
