"""Records are found in whatever layout somebody kept them."""

import json

import pytest

from include.apod.captures.documents import NotReadable, objects_in
from tests.helpers.steps import GOOD

LAYOUTS = {
    "one": GOOD,
    "a list": [GOOD],
    "by date": {GOOD["date"]: GOOD},
    "in an envelope": {"fetched": "2022-10-17", "data": [GOOD]},
    "by year and month": {"2026": {"11": [GOOD]}},
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout_gives_its_records(layout):
    """As they were stored."""
    assert [GOOD] == objects_in(json.dumps(LAYOUTS[layout], indent=1).encode())


def test_one_value_a_line(tmp_path):
    """NDJSON, with a byte order mark, Windows' line ends and an empty line."""
    line = json.dumps(GOOD)

    assert [GOOD, GOOD] == objects_in(f"\ufeff{line}\r\n\r\n{line}\r\n".encode())


def test_a_text_with_a_line_separator_is_one_line():
    """Python's own idea of a line has more ends than NDJSON's."""
    record = {**GOOD, "explanation": "a\u2028b\x85c"}

    assert [record, GOOD] == objects_in(f"{json.dumps(record, ensure_ascii=False)}\n{json.dumps(GOOD)}".encode())


@pytest.mark.parametrize("end", ["", "\n{}"])
def test_what_pandas_writes_for_a_missing_value_is_null(end):
    """The raw store holds JSON, which has no NaN; the rest of the record is no worse for it."""
    document = json.dumps({**GOOD, "copyright": float("nan")}) + end

    assert {**GOOD, "copyright": None} == objects_in(document.encode())[0]


def test_what_stands_in_place_of_a_record_is_given_too():
    """So that it can be refused with a count."""
    limit = {"error": {"code": "OVER_RATE_LIMIT", "message": "You have exceeded your rate limit."}}

    assert [GOOD, limit["error"]] == objects_in(json.dumps([GOOD, limit]).encode())


@pytest.mark.parametrize("content", [b"<html>", b"\xff\xfe{", b"[" * 100_000, b'{"a": '])
def test_what_is_no_json_says_so(content):
    """Also what is nested too deep to be read."""
    with pytest.raises(NotReadable):
        objects_in(content)


@pytest.mark.parametrize("content", [b"", b"\n", b"7", b'"text"', b"null", b"[]", b"{}", b"[[[[[[[[[[[[{}]]]]]]]]]]]]"])
def test_what_holds_no_object_holds_no_record(content):
    """An empty object is one that is no record."""
    assert objects_in(content) in ([], [{}])
