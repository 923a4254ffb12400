"""All that is known of a day."""

from datetime import date

import pytest

from include.apod.errors import BadData
from include.apod.history.passport import passport
from tests.helpers.steps import edit, load

DAY = date(2026, 11, 20)


def test_a_passport_has_everything_that_is_known_of_a_day(commit, loaded, database):
    """Observations, row, origin, corrections, and the versions that hold the row as it is now."""
    commit()
    new = commit("Edited")
    known = passport(loaded, database, DAY)

    assert ["Edited"] == [row["title"] for row in known["picture"]]
    assert 2 == len(known["observations"])
    assert known["observations"][-1]["sha256"] == known["passport"][0]["raw_sha256"]
    assert [("title", "Edited")] == [(row["field"], row["after"]) for row in known["corrections"]]
    assert [new.facts["commit"]] == [row["version_commit"] for row in known["versions"]]
    assert new.facts["commit"] == known["passport"][0]["version_commit"]


def test_a_legacy_picture_has_its_new_place_beside_nasas_words(loaded, database):
    """It is derived, and no part of the data."""
    old = "https://apod.nasa.gov/apod/image/1803/crab_lg.jpg"
    edit(loaded, DAY, url=old)
    load(loaded, database)
    known = passport(loaded, database, DAY)

    assert old == known["picture"][0]["url"]
    assert [old] == [place["address"] for place in known["derived"]]
    assert known["derived"][0]["now"].endswith("/apod/2018/march/crab_lg.jpg")


def test_a_day_that_nobody_knows_is_said(loaded, database):
    """With the command that asks for it."""
    with pytest.raises(BadData, match="Nothing is known of 1995-06-20. ./apod trigger ingest --param start_date"):
        passport(loaded, database, date(1995, 6, 20))
