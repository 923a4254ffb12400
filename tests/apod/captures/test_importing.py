"""What others kept comes into the raw store as it was, at its time, once; everything else is refused by name."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from include.apod.captures import importing
from include.apod.captures.captures import folder_captures, repository_captures
from include.apod.captures.importing import import_captures
from include.apod.days import Span
from include.apod.errors import ApodError, BadData, Misconfigured
from include.apod.formats import raw as raw_store
from include.apod.formats.coverage import read_coverage
from include.apod.formats.reading_list import ReadingList
from include.apod.history.passport import passport
from include.apod.ingest.ingest import ingest
from include.apod.ingest.plan import Scope, look_back
from local.nasa.archive import record_of
from tests.helpers.project import NOON, REAL_RECORDS, run
from tests.helpers.steps import load, observe, written

ARCHIVE = Span(date(2026, 10, 1), date(2026, 11, 23))
OCTOBER = Span(date(2026, 10, 1), date(2026, 10, 31))


def fiction(span):
    return [record for day in span if (record := record_of(day))]


class Keeper:
    """Somebody who keeps the API's answers in a repository."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        run("git", "init", "-q", "--initial-branch=main", cwd=folder)

    def commit(self, when, **documents):
        """Commits documents by path; a text is written as it is, anything else as JSON."""
        for name, content in documents.items():
            path = self.folder / name.replace("__", "/").replace("_json", ".json")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content if isinstance(content, str) else json.dumps(content))
        run("git", "add", "-A", cwd=self.folder)
        identity = ("-c", "user.name=A Keeper", "-c", "user.email=keeper@example.org", "-c", "commit.gpgsign=false")
        run("git", *identity, "commit", "-qm", "data", f"--date={when}", cwd=self.folder)
        return run("git", "rev-parse", "HEAD", cwd=self.folder)


@pytest.fixture
def keeper(tmp_path):
    return Keeper(tmp_path / "keeper")


def take_in(store, source, archive=ARCHIVE, now=NOON, progress=lambda *_: None):
    with repository_captures(f"{source}") as captures:
        return import_captures(captures, store, archive, now, progress)


def observations(store):
    return [one for path in raw_store.months(store.raw) for one in raw_store.read_month(path)]


def test_each_commit_is_a_capture_at_its_time(store, keeper):
    """An edit of years ago comes out as one, in order, with where it comes from; the rest is there once."""
    records = fiction(OCTOBER)
    edited = [{**records[0], "title": "Corrected"}, *records[1:]]
    first = keeper.commit("2026-11-01T10:00:00Z", json__2026_10_json=records)
    second = keeper.commit("2026-11-05T11:30:00+01:00", json__2026_10_json=edited)
    report = take_in(store, keeper.folder)

    assert f"32 observations of 31 days stored, from 2 captures of {keeper.folder.name}" == report.sentence
    assert [
        ("2026-11-01T10:00:00Z", records[0], first),
        ("2026-11-05T10:30:00Z", edited[0], second),
    ] == [(one.seen_at, one.record, one.via["commit"]) for one in observations(store)[:2]]
    assert {"repository", "commit", "path"} == observations(store)[0].via.keys()
    assert "planetary" == observations(store)[0].source


def test_what_was_taken_in_outlasts_a_power_cut(store, keeper, flushed):
    """A month's words, then the folders with the names."""
    keeper.commit("2026-11-01T10:00:00Z", a_json=fiction(OCTOBER))
    take_in(store, keeper.folder)
    [words] = [flushed.index(path.stat().st_ino) for path in raw_store.months(store.raw)]
    names = [flushed.index(folder.stat().st_ino) for folder in (store.raw, store.raw / "2026")]

    assert words < min(names)


def test_twice_is_once(store, keeper):
    """To the byte; also from a clone that was rebased, since its authors' times are the same."""
    keeper.commit("2026-11-01T10:00:00Z", a_json=fiction(OCTOBER))
    take_in(store, keeper.folder)
    before = {path: path.read_bytes() for path in raw_store.months(store.raw)}
    report = take_in(store, keeper.folder)
    identity = ("-c", "user.name=Another", "-c", "user.email=another@example.org", "-c", "commit.gpgsign=false")
    run("git", *identity, "commit", "-q", "--amend", "-m", "another message", cwd=keeper.folder)
    rewritten = take_in(store, keeper.folder)

    assert before == {path: path.read_bytes() for path in raw_store.months(store.raw)}
    assert not report.changed
    assert "; 31 held already" in report.sentence
    assert "31 imported before are of commits that keeper has no more; they stay" in rewritten.sentence


def test_an_import_that_was_killed_goes_on(store, keeper, monkeypatch):
    """Each month is stored whole, and the next import stores what is left."""
    keeper.commit("2026-11-24T00:00:00Z", a_json=fiction(ARCHIVE))
    now = NOON + timedelta(days=1)
    merge = raw_store.merge

    def die_at_the_second(raw, found):
        if raw_store.months(raw):
            raise KeyboardInterrupt
        merge(raw, found)

    monkeypatch.setattr(raw_store, "merge", die_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        take_in(store, keeper.folder, now=now)
    monkeypatch.undo()

    assert 31 == len(observations(store))
    assert "23 observations of 23 days stored" in take_in(store, keeper.folder, now=now).sentence


def test_what_was_heard_later_counts(store, keeper, database):
    """An import adds the past; the row stays, and the passport tells both."""
    day = date(2026, 11, 22)
    observe(store, title="As NASA says it now")
    keeper.commit("2026-11-22T12:00:00Z", a_json=[{**record_of(day), "title": "As it said it then"}])
    take_in(store, keeper.folder)
    load(store, database)
    said = passport(store, database, day)["observations"]

    assert "As NASA says it now" in written(store)
    assert ["As it said it then", "As NASA says it now"] == [one["record"]["title"] for one in said]
    assert [keeper.folder.name, None] == [(one["via"] or {}).get("repository") for one in said]


def test_a_day_that_the_new_service_lost_has_its_kept_words(store, keeper):
    """Its 404, heard later, is no proof."""
    evidence = {"status": 404, "body": ""}
    for when in ("2026-10-10T00:00:00Z", "2026-10-11T00:00:00Z"):
        lost = raw_store.Observation(date(2026, 9, 2), when, "basic", "x", absent=evidence)
        raw_store.append(store.raw, [lost])
    keeper.commit("2026-09-05T00:00:00Z", a_json=[record_of(date(2026, 9, 2))])
    take_in(store, keeper.folder, Span(date(2026, 9, 1), ARCHIVE.last))
    from include.apod.load.transform import transform

    transform(store)

    assert written(store).startswith("2026-09-02,")


def test_the_calendar_asks_only_for_what_is_left(store, keeper, nasa):
    """An import is no look of ours: the look-back is read as ever."""
    keeper.commit("2026-11-20T00:00:00Z", a_json=fiction(Span(date(2026, 10, 1), date(2026, 11, 19))))
    take_in(store, keeper.folder)
    scope = Scope(ARCHIVE, NOON)
    coverage = read_coverage(store.raw)

    assert [date(2026, 11, day) for day in (20, 21, 22, 23)] == coverage.missing(ARCHIVE, NOON.date())
    assert scope.lookback == look_back(coverage, ReadingList(), scope)
    assert 4 == ingest(nasa.sources(), store, scope).facts["added"]


def many(record, count):
    return [{**record, "date": f"{day}", "explanation": f"{day}", "title": f"{day}"} for day in [*OCTOBER][:count]]


GOOD = record_of(OCTOBER.first)
LIMIT = {"error": {"code": "OVER_RATE_LIMIT", "message": "You have exceeded your rate limit. Try again later."}}
REFUSED = {
    "rate limits": ([LIMIT] * 1794, "1794 without a date (first "),
    "no data": ([{"code": 404, "msg": "No data available for date: 2026-10-02"}], "1 without a date"),
    "an error a day": ([{"date": "2026-10-03", "error": "no data"}], "1 another API's record"),
    "only a date": ([{"date": "2026-10-03"}], "1 wrong shape"),
    "logos": (many({**GOOD, "url": "https://x.example/a.png"}, 20), "20 the same url as other days"),
    "the known logo": ([{**GOOD, "date": "2026-10-03", "title": "NASA Science"}], "1 a placeholder"),
    "before the archive": ([{**GOOD, "date": "1994-01-01"}], "1 outside the archive or after its capture"),
    "after its capture": ([{**GOOD, "date": "2026-11-20"}], "1 outside the archive or after its capture"),
    "no day": ([{**GOOD, "date": "2026-02-30"}], "1 without a date"),
    "another form of a day": ([{**GOOD, "date": "20261003"}], "1 without a date"),
    "the new service": ([{**GOOD, "date": "2026-10-03", "permalink": "https://x.example/"}], "1 another API's record"),
    "another API": (
        [{"title": "Sol 1000", "img_src": "https://x.example/", "earth_date": "2026-10-03"}],
        "1 without a",
    ),
    "a null title": ([{**GOOD, "date": "2026-10-03", "title": None}], "1 wrong shape"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_nasas_is_refused_by_name_with_a_count(store, keeper, case):
    """And costs nothing else."""
    records, reason = REFUSED[case]
    keeper.commit("2026-11-01T00:00:00Z", a_json=[record_of(OCTOBER.last)], b_json=records)
    report = take_in(store, keeper.folder)

    assert reason in report.sentence
    assert [OCTOBER.last] == [one.date for one in observations(store)]


def test_logos_that_came_a_day_at_a_time_are_refused_too(store, keeper):
    """The first was believed until the second was seen."""
    for number, record in enumerate(many({**GOOD, "url": "https://x.example/other.png"}, 5)):
        keeper.commit(f"2026-11-0{number + 1}T00:00:00Z", **{f"{record['date']}_json": record})
    with pytest.raises(BadData, match="5 the same url as other days"):
        take_in(store, keeper.folder)

    assert observations(store) == []


def test_a_refused_record_leaves_the_good_one_before_it(store, keeper):
    """A keeper that overwrote good days with a logo."""
    keeper.commit("2026-11-01T00:00:00Z", a_json=fiction(OCTOBER))
    keeper.commit("2026-11-02T00:00:00Z", a_json=[{**one, "title": "NASA Science"} for one in fiction(OCTOBER)])
    report = take_in(store, keeper.folder)

    assert "31 observations of 31 days stored" in report.sentence
    assert "31 a placeholder" in report.sentence


def test_white_space_alone_is_no_other_word(store, keeper):
    """Neither before nor after what is held."""
    held = {**GOOD, "explanation": "Two words.  And more."}
    said = raw_store.Observation(OCTOBER.first, "2026-11-02T00:00:00Z", "planetary", raw_store.digest(held), held)
    raw_store.append(store.raw, [said])
    keeper.commit("2026-11-01T00:00:00Z", a_json=[{**held, "explanation": "Two words. And more."}])
    keeper.commit("2026-11-03T00:00:00Z", a_json=[{**held, "explanation": " Two words.\nAnd more. "}])
    report = take_in(store, keeper.folder)

    assert "2 differ only in white space, and are left out" in report.sentence
    assert [said] == observations(store)


def test_a_capture_of_the_future_is_refused(store, keeper):
    """A clock that was ahead would outbid NASA's next word for years."""
    keeper.commit("2031-01-01T00:00:00Z", a_json=fiction(OCTOBER))
    with pytest.raises(BadData, match="1 captured in the future"):
        take_in(store, keeper.folder)


def test_a_merge_brings_what_its_branch_had(store, keeper):
    """Once, at the time of the commit in the branch."""
    keeper.commit("2026-11-01T00:00:00Z", a_json=fiction(Span(date(2026, 10, 1), date(2026, 10, 2))))
    run("git", "checkout", "-q", "-b", "side", cwd=keeper.folder)
    keeper.commit("2026-11-02T00:00:00Z", b_json=[record_of(date(2026, 10, 9))])
    run("git", "checkout", "-q", "main", cwd=keeper.folder)
    keeper.commit("2026-11-03T00:00:00Z", c_json=[record_of(date(2026, 10, 20))])
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    run("git", *identity, "merge", "-q", "--no-edit", "side", cwd=keeper.folder)
    take_in(store, keeper.folder)

    assert ["01", "01", "02", "03"] == [one.seen_at[8:10] for one in observations(store)]


def test_what_cannot_be_read_costs_one_file(store, keeper, monkeypatch):
    """Too large, no JSON, a symbolic link; each is named, and the good file is taken."""
    monkeypatch.setattr("include.apod.captures.captures.MOST_BYTES", 10_000)
    monkeypatch.setattr(importing, "MOST_BYTES", 10 << 20)
    (keeper.folder / "link.json").symlink_to("/etc/passwd")
    keeper.commit("2026-11-01T00:00:00Z", big_json="[" + " " * 20_000 + "]", text_json="<html>", good_json=[GOOD])
    report = take_in(store, keeper.folder)

    assert "1 observations of 1 days stored" in report.sentence
    assert "1 files of over 10 MB (first " in report.sentence
    assert "1 no JSON (first " in report.sentence
    assert "big.json" in report.sentence
    assert report.facts["refused"] == 2


def empty(folder):
    run("git", "init", "-q", "--initial-branch=main", folder, cwd=folder.parent)


def without_data(folder):
    Keeper(folder).commit("2026-11-01T00:00:00Z", README="nothing")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda _: None, "cannot be read as a git repository"),
        (empty, "git log failed in the repository it"),
        (without_data, "No commit of it has a file that ends in json, jsonl, ndjson."),
    ],
)
def test_a_repository_that_gives_nothing_says_why(store, tmp_path, make, words):
    """None at all, an empty one, one without JSON."""
    make(tmp_path / "it")
    with pytest.raises(Misconfigured, match=words):
        take_in(store, tmp_path / "it")

    assert not store.raw.exists()


def test_no_password_is_repeated(store):
    """An address with a login in it that nobody answers."""
    with pytest.raises(ApodError) as caught:
        take_in(store, "http://somebody:secret-word@127.0.0.1:9/it.git")

    assert "secret-word" not in f"{caught.value}"
    assert "http://127.0.0.1:9/it.git cannot be read" in f"{caught.value}"


def test_a_folder_has_the_time_that_a_person_says(store, tmp_path):
    """All of its files; other files are left alone."""
    (tmp_path / "dump" / "2026").mkdir(parents=True)
    (tmp_path / "dump" / "2026" / "10.NDJSON").write_text("\n".join(map(json.dumps, fiction(OCTOBER))))
    (tmp_path / "dump" / "notes.txt").write_text("no data")
    captures = folder_captures(tmp_path / "dump", datetime(2026, 11, 2, tzinfo=UTC))
    import_captures(captures, store, ARCHIVE, NOON, lambda *_: None)

    assert 31 == len(observations(store))
    assert {"repository": "dump", "path": "2026/10.NDJSON"} == observations(store)[0].via
    assert {"2026-11-02T00:00:00Z"} == {one.seen_at for one in observations(store)}


def test_progress_counts_the_captures(store, keeper):
    """Up to the last."""
    keeper.commit("2026-11-01T00:00:00Z", a_json=[GOOD])
    keeper.commit("2026-11-02T00:00:00Z", b_json=[record_of(date(2026, 10, 2))])
    seen = []
    take_in(store, keeper.folder, progress=lambda *numbers: seen.append(numbers))

    assert seen == [(1, 2), (2, 2)]


@pytest.mark.skipif(not REAL_RECORDS.exists(), reason="the real API records are not beside this checkout")
def test_the_real_archive_passes_the_gate(store):
    """28 years of it, none refused."""
    captures = folder_captures(REAL_RECORDS, datetime(2024, 1, 1, tzinfo=UTC))
    report = import_captures(captures, store, Span(date(1995, 6, 16), ARCHIVE.last), NOON, lambda *_: None)

    assert 0 == report.facts["refused"]
    assert report.facts["stored"] > 10_000
