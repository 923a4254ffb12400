"""Generated input on every parser, and all the way raw -> table -> CSV -> table.

No exception but ours, and no value changed that is not in the documented normalisations. `make test` tries the same
cases every time; `make chaos` (HYPOTHESIS=chaos) tries twenty times as many, new ones.
"""

import csv
import json
import os
import shutil
import tempfile
import unicodedata
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import pytest
import requests
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from include.apod.adapters.dvc_config import remote_for, stored_in
from include.apod.adapters.json_text import parse_json
from include.apod.days import Span, parse_span
from include.apod.errors import ApodError, BadData, Misconfigured, SourceChanged
from include.apod.formats import raw as raw_store
from include.apod.formats.columns import SOURCE_COLUMNS
from include.apod.formats.composition import Composition
from include.apod.formats.coverage import update_coverage
from include.apod.formats.fragments import read_manifest
from include.apod.formats.index_file import read_index
from include.apod.formats.pointers import object_in, remote_in
from include.apod.formats.raw import Observation, digest
from include.apod.formats.statements import row_md5
from include.apod.formats.store import Store
from include.apod.load.quarantine import broken_rule
from include.apod.load.rules import RULES, is_plain
from include.apod.sources import basic, planetary
from include.apod.sources.gate import by_day, refused_days
from include.apod.sources.planetary import Planetary
from tests.helpers.normalisations import normalised
from tests.helpers.project import NOON
from tests.helpers.steps import load

settings.register_profile("gate", max_examples=150, derandomize=True, deadline=None, database=None)
settings.register_profile("chaos", max_examples=3000, deadline=None, database=None)
settings.load_profile(os.environ.get("HYPOTHESIS", "gate"))
slow = settings(
    max_examples=settings.default.max_examples // 5,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)

PIECES = (
    *(" ", "  ", "   ", "a", "\u00e9", "e\u0301", ".", "\n", "\x7f", "//", "http://", "https://apod.nasa.gov/apod/"),
    *("Follow APOD", "Credit:", "Tomorrow's picture:", "digg_url = 'x'; digg_skin = 'y';"),
)
DAY = date(2026, 11, 1)
SPAN = Span(DAY, DAY + timedelta(days=20))
ANY_TEXT = st.text(st.characters(), max_size=60)  # all of Unicode, lone surrogates and control characters among it
TEXT = ANY_TEXT | st.sampled_from(
    [
        "",
        "\0",
        "\r",
        "\x1f",
        "\x85",
        "=1+1",
        '"',
        "\\.",
        "\\N",
        "\ufeff",
        "//host",
        "a\nCredit:",
        "//\r\n",
        "e\u0301",
        "\u1100\u1161",
    ]
)
SCALAR = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
JSON = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=12
)
RECORD = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("title", "explanation", "url", "hdurl", "thumbnail_url", "copyright", "extra"), TEXT | JSON)
    | {
        "media_type": st.sampled_from(["image", "video", "other", "iframe"]) | JSON,
        "basic_html": TEXT,
        "date": st.sampled_from([f"{DAY}", "2026-11-02", "2026-02-30", ""]) | JSON,
    },
)


def answered(body):
    """What a service answered, as the HTTP library hands it over."""
    answer = requests.Response()
    answer.status_code, answer._content, answer.url = 200, body, "http://127.0.0.1/"
    return answer


@given(st.binary(max_size=200) | JSON.map(lambda said: json.dumps(said).encode()))
def test_any_body_is_json_or_one_of_our_errors(body):
    """Broken UTF-8, cut JSON, pages, deep nesting."""
    client = Planetary("http://127.0.0.1", "a key", 0, NOON)
    with suppress(ApodError):
        by_day(client.parsed(answered(body)), SPAN, "planetary")


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b'{"a":' * 100_000 + b"1" + b"}" * 100_000, b'{"a":1,"a":2}', b"1e999", b"\xff\xfe[\x00]\x00"],
)
def test_odd_json(body):
    """Deeper than Python reads, a key twice, numbers without end, another encoding."""
    client = Planetary("http://127.0.0.1", "a key", 0, NOON)
    with suppress(ApodError):
        by_day(client.parsed(answered(body)), SPAN, "planetary")


PIECES = [*'"\\{}[],:-.+ \n0aé\x7f\ufeff', "true", "null", "0.5e-7", "9" * 20, r"\ud800", r"\u00e9", r"\/", '"a":']


def parsed(parse, content):
    """The value, as it would be written in Python, or that there is none."""
    try:
        return repr(parse(content))
    except ValueError:
        return "no JSON"


@given(JSON.map(json.dumps) | st.lists(st.sampled_from(PIECES), max_size=9).map("".join), st.booleans())
def test_json_is_read_as_python_reads_it(text, as_bytes):
    """The quicker parser is asked first; where it has a value, it is the same."""
    content = text.encode() if as_bytes else text

    assert parsed(json.loads, content) == parsed(parse_json, content)


@given(JSON | st.lists(RECORD, max_size=4))
def test_any_answer_is_records_or_a_changed_source(said):
    """By day, each once, of the days that were asked for."""
    with suppress(SourceChanged):
        found = by_day(said, SPAN, "planetary")

        assert all(day in SPAN for day in found)


@given(st.dictionaries(st.dates(DAY, DAY + timedelta(days=20)), RECORD, max_size=5))
def test_any_record_has_one_form(records):
    """Both parsers, and the gate behind them."""
    for parse in (planetary.read, basic.read):
        made = {day: parse(record).fields for day, record in records.items()}
        with suppress(SourceChanged):
            refused_days(made, "basic")


@given(TEXT | st.text("<>&;/\"'abpdiv !-[]CDATA#x=", max_size=80))
def test_any_html_is_text(html):
    """Whatever a browser would make of it."""
    made = basic.read(
        {"media_type": "iframe", "explanation": html, "title": html, "copyright": html, "basic_html": html}
    )

    assert all(isinstance(value, str) for value in made.fields.values())


@given(RECORD, st.sampled_from(["planetary", "basic", "unknown"]))
def test_an_observation_comes_back_as_it_was(record, source):
    """Whatever the words are, the raw store keeps them."""
    seen = Observation(DAY, "2026-11-02T10:00:00Z", source, digest(record), record=record)
    line = raw_store.to_line(seen).removesuffix(b"\n")

    assert seen == raw_store.from_line(line)
    assert record == parse_json(line)["record"]
    assert b"\n" not in line


@given(st.binary(max_size=120) | JSON.map(lambda said: json.dumps(said).encode() + b"\n"))
def test_any_month_file_is_observations_or_bad_data(content):
    """A damaged file is named, never half read."""
    with suppress(BadData):
        raw_store.parse_month(content, Path("2026-11.jsonl"))


@given(TEXT)
def test_what_we_keep_beside_the_data_may_be_anything(text):
    """Index, manifest, composition, pointer, DVC's settings: damaged, they count as not there."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "manifest.json")
        path.write_text(text, errors="surrogatepass")

        assert {} == read_manifest(Path(folder)).fragments
        assert read_index(path, Composition) is None
        assert frozenset() == update_coverage(Path(folder, "raw"), path).observed
    object_in(text)
    remote_in(text)
    remote_for(text, None)
    stored_in(text, None)


@given(TEXT, TEXT)
def test_any_run_parameter_is_a_span_or_a_misconfiguration(first, last):
    """What people type."""
    with suppress(Misconfigured):
        parse_span(first, last, SPAN)


@given(rule=st.sampled_from(RULES), text=st.lists(st.sampled_from(PIECES), max_size=6).map("".join))
@example(rule=RULES[5], text="a ")
def test_what_is_skipped_for_a_plain_text_would_not_have_changed_it(rule, text):
    """The load looks for the signs of a rule first, in a whole column at once where it can."""
    assume(is_plain(text))
    normalised_so = rule.apply(text)

    assert normalised_so == text or any(sign in f"\n{text}\n" for sign in rule.signs)
    assert normalised_so == (rule.of_plain or rule.apply)(text)


@slow
@given(records=st.lists(RECORD, min_size=1, max_size=12))
def test_raw_to_table_to_csv_to_table(records, database, tmp_path):
    """What passes the hard rules is in both copies, normalised as documented; the rest is in quarantine."""
    shutil.rmtree(tmp_path / "store", ignore_errors=True)
    store = Store(tmp_path / "store")
    days = [DAY + timedelta(days=number) for number in range(len(records))]
    said = {day: {**record, "date": f"{day}"} for day, record in zip(days, records, strict=True)}
    good = {day: record for day, record in said.items() if not broken_rule(record, f"{day}")}
    raw_store.append(
        store.raw,
        [Observation(day, "2026-11-25T10:00:00Z", "planetary", digest(one), record=one) for day, one in said.items()],
    )
    load(store, database, shrink=True, mass_change=True)
    rows = database.execute(f"select date, {', '.join(SOURCE_COLUMNS)} from apod.picture order by date").fetchall()
    rejected = database.execute("select date from apod.rejected order by date").fetchall()
    known = f"select date from apod.picture join apod.origin using (date) where row_md5 = {row_md5()} order by date"
    with store.csv.open(newline="", encoding="utf-8") as file:
        _, *lines = csv.reader(file)

    legacy = {"page_url": "https://apod.nasa.gov/apod/ap{:%y%m%d}.html"}  # of a record that does not name its page
    expected = [
        (
            day,
            *(
                normalised(name, record.get(name)) or legacy.get(name, "").format(day) or None
                for name in SOURCE_COLUMNS
            ),
        )
        for day, record in ((day, planetary.read(record).fields) for day, record in good.items())
    ]
    assert expected == rows
    assert [row[:1] for row in rows] == database.execute(known).fetchall()
    assert [day for day in days if day not in good] == [day for (day,) in rejected]
    assert [(f"{row[0]}", *(value or "" for value in row[1:])) for row in rows] == [tuple(line) for line in lines]
    assert all(value is None or unicodedata.is_normalized("NFC", value) for row in rows for value in row[1:])
