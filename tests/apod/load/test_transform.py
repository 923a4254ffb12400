"""Step 2: raw words to clean rows."""

import fcntl
import time
from datetime import date

import pytest

from include.apod.errors import BadData, NotPublished
from include.apod.formats import raw as raw_store
from include.apod.formats.fragments import PerFile, read_manifest
from include.apod.ingest.ingest import ingest
from include.apod.load.clean import make_fragments
from include.apod.load.rules import RULES, effects
from include.apod.load.stage_csv import stage_csv
from include.apod.load.transform import transform
from tests.helpers.steps import GOOD, edit, load, observe, written


def contents(folder):
    """The bytes of each file, by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def row_of(store, **record):
    """The one clean row that a record becomes."""
    observe(store, **record)
    transform(store)
    return written(store)


def test_a_row_is_written_as_postgres_writes_it(store):
    """Text quoted always, null nothing at all, quotes doubled, \\n at the end."""
    row = row_of(store, title='"So," he said', url="https://x/a.jpg", copyright="Ada\nNemo")

    assert row == (
        '2026-11-22,"""So,"" he said","Text.","image","https://x/a.jpg",,,"Ada Nemo",'
        '"https://apod.nasa.gov/apod/ap261122.html",,\n'
    )


@pytest.mark.parametrize(
    ("field", "sent", "kept"),
    [
        ("explanation", "one\r\ntwo\rthree", '"one two three"'),
        ("explanation", " \r padded \u00a0\n", '"padded"'),
        ("explanation", "", ""),
        ("explanation", "nul \0 byte", '"nul byte"'),
        ("explanation", "M\x7ft\x92s\ttab", '"M\ufffdt\ufffds tab"'),
        ("explanation", "Text. digg_url = 'http://a/b'; digg_skin = 'compact';", '"Text."'),
        ("explanation", "Text.   Tomorrow's picture: a sky < | Archive | >", '"Text."'),
        ("explanation", "Tomorrow's picture: open space", ""),
        ("explanation", "That tomorrow's picture would be", '"That tomorrow\'s picture would be"'),
        ("copyright", "Andre\u0301", '"Andr\u00e9"'),
        ("explanation", "Tun\ufffd Tezel  two blanks", '"Tun\ufffd Tezel two blanks"'),
        ("explanation", "=1+1", '"=1+1"'),
        ("explanation", "\\.", '"\\."'),
        ("copyright", "\n", ""),
        ("title", "Venus\r\nCredit:", '"Venus"'),
        ("title", "Venus \n\nIllustration Credit and Copyright: ", '"Venus"'),
        ("title", "Sputnik\n\nCourtesy:", '"Sputnik"'),
        ("title", "Dawn of the Large \nHadron Collider", '"Dawn of the Large Hadron Collider"'),
        ("title", "A Credit: to Science", '"A Credit: to Science"'),
        ("url", "https://apod.nasa.gov/apod/http://a.example/b.jpg", '"http://a.example/b.jpg"'),
        ("url", "https://web.example/2009/http://a.example/b", '"https://web.example/2009/http://a.example/b"'),
        ("url", "//www.youtube.com/embed/x", '"https://www.youtube.com/embed/x"'),
        ("hdurl", "http://x/ a.jpg ", '"http://x/ a.jpg"'),
    ],
)
def test_each_normalisation_and_what_is_left_alone(store, field, sent, kept):
    """docs/data.md lists the same rules."""
    columns = ["date", "title", "explanation", "media_type", "url", "hdurl", "thumbnail_url", "copyright"]
    plain = {"title": '"A title"', "explanation": '"Text."', "media_type": '"image"', "date": "2026-11-22"}
    expected = ",".join({**plain, field: kept}.get(name, "") for name in columns)

    assert row_of(store, **{field: sent}).startswith(f"{expected},")


def test_each_rule_can_be_left_out_to_see_what_it_does():
    """One row for each, and only that one is another without it; another rule leaves a blank for `padding`."""
    texts = {
        "nul": {"explanation": "a\0b"},
        "control_characters": {"explanation": "a\x85b"},
        "unicode": {"title": "e\u0301"},
        "title_label": {"title": "Venus\nCredit:"},
        "script": {"explanation": "a digg_url = 'x'; digg_skin = 'y';"},
        "notice": {"explanation": "a   Follow APOD: there"},
        "tomorrow": {"explanation": "a Tomorrow's picture: b"},
        "scheme": {"url": "//a/b"},
        "stacked": {"url": "https://apod.nasa.gov/apod/http://a/b"},
        "white_space": {"copyright": "a\r\nb"},
        "padding": {"title": "a title "},
        "empty": {"copyright": ""},
    }
    records = [{**GOOD, "url": "https://a/b", **changed} for changed in texts.values()]

    assert [*texts] == [rule.name for rule in RULES]
    assert {**dict.fromkeys(texts, 1), "padding": 2} == effects(records)


def test_an_unknown_field_is_a_warning(store, caplog):
    """The raw copy has it; a person should look."""
    row_of(store, hazard="NASA")

    assert "fields we do not know: hazard" in caplog.text


def test_a_fragment_that_exists_is_not_made_again(nasa, store, scope):
    """The manifest says what it is made from."""
    ingest(nasa.sources(), store, scope)
    first = transform(store)
    second = transform(store)

    assert [first.facts["months"], second.facts["months"]] == [2, 0]
    assert not second.changed


def test_a_changed_month_leaves_one_set_of_files(store):
    """Those go in which nothing is left, and the folders of a layout before."""
    row_of(store)
    (store.clean / "2026-11").mkdir()
    (store.clean / "2026-11" / "key.csv").touch()
    observe(store, title="Another title")
    transform(store)
    (name,) = read_manifest(store.clean).names

    assert {path.name for path in store.clean.iterdir()} == {
        "manifest.json",
        *(f"{kind}.{name}.csv" for kind in ("rows", "origins")),
    }


def test_a_day_writes_its_month_and_no_other(nasa, store, scope):
    """The other months stay in the file where they are."""
    ingest(nasa.sources(), store, scope)
    transform(store)
    before = contents(store.clean)
    edit(store, date(2026, 11, 20), title="Edited")
    transform(store)
    after, fragment = contents(store.clean), read_manifest(store.clean).fragments["2026-11"]
    new = {path for path in after if before.get(path) != after[path]}

    assert new == {"manifest.json", *(fragment.path(store.clean, kind).name for kind in ("rows", "origins"))}
    assert len(after[f"rows.{fragment.name}.csv"]) == fragment.size.rows
    assert before.items() - after.items() == {("manifest.json", before["manifest.json"])}


def test_many_files_become_one_again(nasa, store, scope, monkeypatch):
    """Each day leaves one while a month of it is in no newer one; what all of them hold is made anew then."""
    monkeypatch.setattr("include.apod.formats.fragments.MAX_NAMES", 1)
    ingest(nasa.sources(), store, scope)
    transform(store)
    edit(store, date(2026, 11, 20), title="Edited")
    months = [transform(store).facts["months"] for _ in range(3)]
    before = written(store)

    assert [1, 2, 0] == months
    assert 1 == len(read_manifest(store.clean).names)
    assert before == written(store)


def test_rebuild_gives_the_same_bytes(nasa, store, scope):
    """Fragments are a pure function of the raw bytes."""
    ingest(nasa.sources(), store, scope)
    transform(store)
    before = read_manifest(store.clean)
    report = transform(store, rebuild=True)

    assert report.facts["months"] == 2
    assert before == read_manifest(store.clean)


def test_months_that_are_cleaned_together_come_out_as_one_by_one(nasa, store, scope):
    """How many go into one frame is a matter of speed."""
    ingest(nasa.sources(), store, scope)
    transform(store)
    manifest = read_manifest(store.clean)

    one_by_one = [made for month in raw_store.states(store.raw) for made in make_fragments(store.raw, [month])]

    assert [fragment for fragment, _ in one_by_one] == [
        fragment._replace(name="", offset=PerFile(0, 0, 0)) for fragment in manifest.fragments.values()
    ]


def cut_manifest(store):
    path = store.clean / "manifest.json"
    path.write_bytes(path.read_bytes()[:100])


@pytest.mark.parametrize(
    ("harm", "months"),
    [
        (lambda store: next(store.clean.glob("rows.*.csv")).unlink(), 2),
        (lambda store: next(store.clean.glob("origins.*.csv")).write_bytes(b""), 2),
        (lambda store: (store.clean / "rows.csv").touch(), 0),
        (cut_manifest, 2),
        (lambda store: (store.clean / "manifest.json").unlink(), 2),
        (
            lambda store: (store.clean / "manifest.json").write_text(
                '{"layout": "2", "version": "1", "fragments": {}}'
            ),
            2,
        ),
    ],
)
def test_fragments_that_are_lost_are_made_again(nasa, store, scope, harm, months):
    """Nothing beside the raw store is a truth."""
    ingest(nasa.sources(), store, scope)
    transform(store)
    before = written(store)
    harm(store)
    report = transform(store)

    assert (months, before) == (report.facts["months"], written(store))


@pytest.mark.parametrize("kind", ["rows", "origins"])
def test_a_fragment_that_was_damaged_is_dropped_and_named(store, kind):
    """Also one that kept its length, as after a power cut."""
    row_of(store)
    manifest = read_manifest(store.clean)
    path = manifest.fragments["2026-11"].path(store.clean, kind)
    path.write_bytes(b"\0" * path.stat().st_size)
    with pytest.raises(BadData, match=r"2026-11 in .*\.csv was damaged after transform wrote it"):
        [*manifest.contents_or_drop(store.clean, ["2026-11"], kind)]
    report = transform(store)

    assert 1 == report.facts["months"]
    assert [*manifest.contents(store.clean, ["2026-11"], kind)]


def test_a_month_that_was_damaged_beside_a_new_one_is_named_before_anything_is_staged(nasa, store, scope):
    """Transform does not read a month that it leaves as it is; who reads it compares the digest."""
    ingest(nasa.sources(), store, scope)
    transform(store)
    before, path = written(store), read_manifest(store.clean).fragments["2026-10"].path(store.clean, "rows")
    path.write_bytes(b"\0" + path.read_bytes()[1:])
    edit(store, date(2026, 11, 20), title="Edited")
    transform(store)
    with pytest.raises(BadData, match=r"2026-10 in .*\.csv was damaged after transform wrote it, and is dropped"):
        stage_csv(store)
    report = transform(store)

    assert 2 == report.facts["months"]
    assert not store.staged_csv.exists()
    assert len(before.splitlines()) == len(written(store).splitlines())
    assert "\0" not in written(store)


def test_an_append_while_a_month_is_read_is_seen_by_the_next_run(store):
    """Ingest and transform may run at the same time."""
    row_of(store)
    fragment = read_manifest(store.clean).fragments["2026-11"]
    state = raw_store.states(store.raw)["2026-11"]

    assert fragment.is_of(state)
    assert not fragment._replace(raw_size=fragment.raw_size - 1).is_of(state)
    assert not fragment._replace(raw_modified=fragment.raw_modified - 1).is_of(state)


def test_a_line_of_another_month_stops_transform(store):
    """It would put one day into two fragments."""
    row_of(store)
    (store.raw / "2026" / "2026-11.jsonl").rename(store.raw / "2026" / "2026-10.jsonl")
    with pytest.raises(BadData, match=r"2026-10\.jsonl holds an observation of 2026-11-22"):
        transform(store)


def test_what_was_put_right_is_counted(nasa, store, scope, caplog):
    """The replacement service's archive has wounds."""
    nasa.service.wounded = True
    ingest(nasa.sources("basic"), store, scope)
    transform(store)
    said = next(record.message for record in caplog.records if record.message.startswith("Put right in 2 months"))

    assert "notice " in said


def test_a_part_of_the_raw_store_is_not_taken_for_all_of_it(loaded, database):
    """Neither a month less, nor half a month; a person may say that it is so."""
    path = loaded.raw / "2026" / "2026-10.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:10]))
    with pytest.raises(BadData, match="less of 1 months than the published CSV was made from, 2026-10 for one"):
        transform(loaded)
    path.unlink()
    with pytest.raises(BadData, match="less of 1 months"):
        transform(loaded)

    assert 23 == load(loaded, database, shrink=True).facts["rows"]
    assert not transform(loaded).changed  # what was published last is the measure


def test_an_empty_raw_store_is_nothing_to_load(store):
    """It is skipped, not published as an archive without pictures."""
    with pytest.raises(NotPublished, match="nothing to load yet: the raw store is empty"):
        transform(store)


LONG = 100_000
HOSTILE = {
    "title": ["x" + "\n" * LONG + "credit x", "x\n" + "credit " * 14_000 + "x", "x" + "\n credit" * 12_000],
    "explanation": ["a" + " " * LONG + "b", "digg_url = '" * 8_000, "Tomorrow's picture:" * 5_000, "   News:" * 12_000],
    "url": ["//" * LONG, "apod/http" * 10_000],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in HOSTILE.items() for text in texts])
def test_a_text_that_is_made_to_keep_a_pattern_busy(store, name, text):
    """Its time grows with its length, not with the square of it: no such text stops a load."""
    before = time.process_time()
    row_of(store, **{name: text})

    assert time.process_time() - before < 60  # a square would take hours


def test_what_a_killed_transform_left_half_written_goes_with_the_next(store):
    """Its files had the name of another archive, which nobody writes again; one that is being written stays."""
    observe(store)
    transform(store)
    abandoned, living = (store.clean / f".rows.{name}.csv.1-0a1b2c3d.tmp" for name in ("0123", "4567"))
    abandoned.write_bytes(b"half")
    with living.open("xb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        observe(store, date="2026-11-21", day=date(2026, 11, 21))
        transform(store)

        assert (False, True) == (abandoned.exists(), living.exists())
