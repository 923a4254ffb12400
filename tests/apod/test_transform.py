"""Step 2: raw words to clean rows."""

from datetime import date

import pytest

from include.apod import raw as raw_store
from include.apod.errors import BadData
from include.apod.ingest import ingest
from include.apod.transform import fragments, transform

DAY = date(2026, 11, 22)
GOOD = {"date": f"{DAY}", "title": "A title", "media_type": "image", "explanation": "Text."}


def observe(store, **record):
    said = {key: value for key, value in {**GOOD, **record}.items() if value is not ...}
    seen = raw_store.Observation(DAY, "2026-11-23T10:00:00Z", "planetary", raw_store.digest(said), record=said)
    raw_store.append(store.raw, [seen])


def row_of(store, **record):
    """The one clean row that a record becomes."""
    observe(store, **record)
    transform(store.raw, store.clean)
    return fragments(store.raw, store.clean)[0].read_text()


def test_a_row_is_written_as_postgres_writes_it(store):
    """Text quoted always, null nothing at all, quotes doubled, \\n at the end."""
    row = row_of(store, title='"So," he said', url="https://x/a.jpg", copyright="Ada\nNemo")

    assert row == (
        '2026-11-22,"""So,"" he said","Text.","image","https://x/a.jpg",,,"Ada\nNemo",'
        '"https://apod.nasa.gov/apod/ap261122.html"\n'
    )


@pytest.mark.parametrize(
    ("field", "sent", "kept"),
    [
        ("explanation", "one\r\ntwo\rthree", '"one\ntwo\nthree"'),
        ("explanation", " \r padded \u00a0\n", '"padded"'),
        ("explanation", "", ""),
        ("explanation", "nul \0 byte", '"nul  byte"'),
        ("explanation", "Tun\ufffd Tezel  two blanks", '"Tun\ufffd Tezel  two blanks"'),
        ("explanation", "=1+1", '"=1+1"'),
        ("explanation", "\\.", '"\\."'),
        ("copyright", "\n", ""),
        ("title", "Venus\r\nCredit:", '"Venus"'),
        ("title", "Venus \n\nIllustration Credit and Copyright: ", '"Venus"'),
        ("title", "Sputnik\n\nCourtesy:", '"Sputnik"'),
        ("title", "Dawn of the Large \nHadron Collider", '"Dawn of the Large \nHadron Collider"'),
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


@pytest.mark.parametrize(
    ("record", "match"),
    [
        ({"title": 7}, "title of 2026-11-22 is 7, not text"),
        ({"url": ["a"]}, "url of 2026-11-22"),
        ({"title": ...}, "2026-11-22 has title <NA>"),
        ({"title": "  "}, "2026-11-22 has title <NA>"),
        ({"media_type": "hologram"}, "media_type 'hologram'"),
        ({"date": "2026-11-21"}, "another day than its own"),
        ({"explanation": "half \ud800 a letter"}, "lone surrogate"),
    ],
)
def test_a_record_that_breaks_a_hard_rule_is_refused_by_name(store, record, match):
    """And no fragment appears for its month."""
    observe(store, **record)
    with pytest.raises(BadData, match=match):
        transform(store.raw, store.clean)

    assert not fragments(store.raw, store.clean)[0].exists()


def test_an_unknown_field_is_a_warning(store, caplog):
    """The raw copy has it; a person should look."""
    row_of(store, credit="NASA")

    assert "fields we do not know: credit" in caplog.text


def test_a_fragment_that_exists_is_not_made_again(nasa, store, scope):
    """Its name is a digest of what it is made from."""
    ingest(nasa.sources(), store, scope)
    first = transform(store.raw, store.clean)
    second = transform(store.raw, store.clean)

    assert [first.facts["months"], second.facts["months"]] == [2, 0]


def test_a_changed_month_leaves_one_fragment(store):
    """Older fragments of the month go."""
    row_of(store)
    raw_store.append(
        store.raw,
        [raw_store.Observation(date(2026, 11, 23), "2026-11-23T10:00:00Z", "planetary", "x", absent={"status": 404})],
    )
    transform(store.raw, store.clean)

    assert fragments(store.raw, store.clean) == list((store.clean / "2026-11").iterdir())


def test_rebuild_gives_the_same_bytes(nasa, store, scope):
    """Fragments are a pure function of the raw bytes."""
    ingest(nasa.sources(), store, scope)
    transform(store.raw, store.clean)
    before = [path.read_bytes() for path in fragments(store.raw, store.clean)]
    report = transform(store.raw, store.clean, rebuild=True)

    assert report.facts["months"] == 2
    assert before == [path.read_bytes() for path in fragments(store.raw, store.clean)]
