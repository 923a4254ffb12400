"""What would lose days, or change much of the archive at once, waits for a person's word."""

from dataclasses import replace
from datetime import date

import pytest

from include.apod.adapters.files import md5_of
from include.apod.errors import ApprovalNeeded, BadData
from include.apod.ingest.ingest import ingest
from include.apod.run import Answer
from tests.helpers.steps import edit, load

MAPPED = {"media_type", "copyright"}  # `other` is a video there, and the stand-in labels every holder as a credit


def state(store, database):
    """What anyone can see: loads, rows and the CSV."""
    return *database.execute("select (select count(*) from apod.load), count(*) from apod.picture").fetchone(), md5_of(
        store.csv
    )


def test_days_that_would_vanish_stop_the_publish(loaded, database):
    """What was there before stays; how many, which, and how to let it through is said."""
    before = state(loaded, database)
    (loaded.raw / "2026" / "2026-10.jsonl").unlink()
    loaded.composition.unlink()  # else transform would stop it
    with pytest.raises(
        BadData,
        match=r"remove 31 of 54 pictures \(2026-10-01, 2026-10-02, 2026-10-03, 2026-10-04, 2026-10-05, …\)\. Nothing "
        r"was published\. .*allow_shrink=true",
    ):
        load(loaded, database)

    assert before == state(loaded, database)


def test_a_person_may_let_days_vanish(loaded, database):
    """`allow_shrink` is that decision."""
    (loaded.raw / "2026" / "2026-10.jsonl").unlink()
    report = load(loaded, database, shrink=True)

    assert (0, 0, 31, 23) == tuple(report.facts[name] for name in ("added", "changed", "removed", "rows"))
    assert (2, 23, report.facts["md5"]) == state(loaded, database)


def test_a_mass_change_stops_the_publish_until_a_person_allows_it(loaded, database):
    """More than 5 % at once is a parser's doing, not an editor's."""
    for day in (20, 21, 22):
        edit(loaded, date(2026, 11, day), title=f"Title {day}")
    before = state(loaded, database)
    with pytest.raises(
        BadData, match=r"change 3 of 54 pictures \(2026-11-20, 2026-11-21, 2026-11-22\).*allow_mass_change=true"
    ):
        load(loaded, database)
    stopped = state(loaded, database)
    report = load(loaded, database, mass_change=True)

    assert before == stopped
    assert (3, 54) == (report.facts["changed"], report.facts["rows"])


def test_an_archive_that_changes_its_source_is_no_mass_change(nasa, loaded, scope, database):
    """Every row is another (its page has moved), the ledger says why, and the words are the same."""
    ingest(nasa.sources("basic"), loaded, replace(scope, reread=scope.archive))
    report = load(loaded, database)
    corrections = database.execute("select distinct cause, field from apod.correction").fetchall()

    assert 54 == report.facts["changed"]
    assert {"source"} == {cause for cause, _ in corrections}
    assert {"page_url", "credit"} >= {field for _, field in corrections} - MAPPED


def test_a_guard_that_was_wrong_about_its_own_staging_heals(loaded, database):
    """Staged rows that somebody deleted are no days that vanish: the next run stages all of them again."""
    database.execute("delete from apod.staging where date < '2026-11-01'")
    loaded.composition.unlink()  # so that all days are compared
    with pytest.raises(BadData, match="would remove 31 of 54"):
        load(loaded, database)

    assert not load(loaded, database).changed


def asked(store, database, answer=None, **fields):
    """The question of a load that a guard stops."""
    with pytest.raises(ApprovalNeeded) as stopped:
        load(store, database, can_ask=True, answer=answer, **fields)
    return stopped.value.question


def test_a_person_is_asked_with_examples_and_nothing_is_published_meanwhile(loaded, database):
    """How much, and ten of it; hostile values are code, not Markdown."""
    before = state(loaded, database)
    for day in range(10, 22):
        edit(loaded, date(2026, 11, day), title=f"`<script>` **{day}**\n# " + "x" * 80)
    question = asked(loaded, database)

    assert before == state(loaded, database)
    assert question.subject == "Shall this load change 12 of 54 pictures?"
    assert 10 == question.body.count("\n- 2026-11-")
    assert "→ `'<script>' **10** # xxx" in question.body
    assert "x…`\n" in question.body
    assert question.body.endswith("- and 2 more, until 2026-11-21")


def test_days_that_go_are_shown_by_their_titles(loaded, database):
    """So that a person knows what would be lost."""
    (loaded.raw / "2026" / "2026-10.jsonl").unlink()
    loaded.composition.unlink()
    (title,) = database.execute("select title from apod.picture where date = '2026-10-01'").fetchone()
    question = asked(loaded, database)

    assert f"- 2026-10-01: `{title}` would be removed" in question.body


def test_an_approval_lets_through_what_was_asked_and_its_name_is_kept(loaded, database):
    """In `apod.load`, for whoever asks later, and in the report."""
    for day in (20, 21, 22):
        edit(loaded, date(2026, 11, day), title=f"Title {day}")
    key = asked(loaded, database).key
    report = load(loaded, database, can_ask=True, answer=Answer(True, "Ada", key))
    names = database.execute("select approved_by from apod.load order by load_id").fetchall()

    assert "approved by Ada" in report.sentence
    assert [(None,), ("Ada",)] == names


def test_an_approval_is_for_what_was_asked_and_nothing_else(loaded, database):
    """What has changed since is asked again, and what was there before stays."""
    for day in (20, 21, 22):
        edit(loaded, date(2026, 11, day), title=f"Title {day}")
    first, before = asked(loaded, database), state(loaded, database)
    edit(loaded, date(2026, 11, 19), title="Another title")
    second = asked(loaded, database, answer=Answer(True, "Ada", first.key))

    assert before == state(loaded, database)
    assert "change 4 of 54" in second.subject
    assert first.key != second.key


@pytest.mark.parametrize(("by", "words"), [("Ada", "Ada has rejected it"), ("", "Nobody has approved it in time")])
def test_a_rejection_fails_as_without_a_person(loaded, database, by, words):
    """Table and CSV stay, and what is staged goes: the next run stages all anew."""
    for day in (20, 21, 22):
        edit(loaded, date(2026, 11, day), title=f"Title {day}")
    key, before = asked(loaded, database).key, state(loaded, database)
    with pytest.raises(BadData, match=rf"change 3 of 54 pictures .*{words}.*allow_mass_change=true"):
        load(loaded, database, can_ask=True, answer=Answer(False, by, key))

    assert before == state(loaded, database)
    assert (0,) == database.execute("select count(*) from apod.staging").fetchone()


def test_nobody_is_asked_about_a_stage_that_is_not_the_csvs(loaded, database):
    """As where publish is tried again after a load that was stopped: that is no question, and the next run heals it."""
    database.execute("delete from apod.staging where date < '2026-11-01'")
    loaded.composition.unlink()
    with pytest.raises(BadData, match="What is staged for the table is not what is staged for the CSV") as stopped:
        load(loaded, database, can_ask=True)

    assert not isinstance(stopped.value, ApprovalNeeded)
    assert not load(loaded, database, can_ask=True).changed


def test_a_run_parameter_is_an_answer_beforehand(loaded, database):
    """It is recorded in the same place; where no guard stops a load, nobody has approved it."""
    load(loaded, database, mass_change=True)
    for day in (20, 21, 22):
        edit(loaded, date(2026, 11, day), title=f"Title {day}")
    load(loaded, database, mass_change=True)
    names = database.execute("select approved_by from apod.load order by load_id").fetchall()

    assert [(None,), ("run parameter allow_mass_change",)] == names
