"""The raw store."""

import json
from datetime import date
from pathlib import Path

import pytest

from include.apod.errors import BadData
from include.apod.formats.raw import Observation, append, digest, merge, months, newest, parse_month

DAY = date(2026, 11, 22)


def observation(day=DAY, seen_at="2026-11-23T10:00:00Z", **record):
    said = {"date": f"{day}", **record}
    return Observation(day, seen_at, "planetary", digest(said), record=said)


def read(raw):
    return [seen for path in months(raw) for seen in parse_month(path.read_bytes(), path)]


def test_an_observation_comes_back_as_it_was(tmp_path):
    """Also letters that UTF-8 cannot hold, line ends and separators that some tools split lines at."""
    seen = observation(title='lone \ud800, "quoted", \u2028 and\r\nlines', n=[1, {"é": None}])
    append(tmp_path, [seen])

    assert [seen] == read(tmp_path)


def test_text_is_readable_where_utf8_can_hold_it(tmp_path):
    """People grep the raw store."""
    append(tmp_path, [observation(title="Æther")])

    assert b'"title":"\xc3\x86ther"' in (tmp_path / "2026" / Path("2026-11.jsonl")).read_bytes()


def test_what_stands_there_keeps_its_bytes(tmp_path):
    """An observation is never edited, whoever wrote it and however it is spelled."""
    path = tmp_path / "2026" / "2026-11.jsonl"
    append(tmp_path, [observation(title="one")])
    spaced = json.dumps(json.loads(path.read_bytes())).encode() + b"\n"
    path.write_bytes(spaced)
    append(tmp_path, [observation(seen_at="2026-11-24T10:00:00Z", title="two"), observation(day=date(2026, 11, 1))])

    lines = path.read_bytes().splitlines(keepends=True)

    assert [3, spaced] == [len(lines), lines[1]]


@pytest.mark.parametrize("name", ["2025/2026-11.jsonl", "2026/notes.jsonl"])
def test_a_file_that_is_no_month_of_its_folder_is_named(tmp_path, name):
    """Neither passed over, as its words might count, nor read as if it stood elsewhere."""
    append(tmp_path, [observation()])
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(b"")

    with pytest.raises(BadData, match=f"{name} is not in the folder of its year"):
        months(tmp_path)


def test_the_newest_observation_of_a_day_counts(tmp_path):
    """Whatever order they were written in."""
    append(tmp_path, [observation(seen_at="2026-11-24T10:00:00Z", title="newer")])
    merge(tmp_path, [observation(title="older")])

    assert newest(read(tmp_path))[DAY].record["title"] == "newer"


def test_a_clock_that_was_ahead_hides_nothing(tmp_path):
    """What is heard later counts, a second after what claims to be of the future; another day is not affected."""
    other = date(2026, 11, 23)
    append(tmp_path, [observation(seen_at="2026-11-25T10:00:00Z", title="heard at a wrong time")])
    append(tmp_path, [observation(title="heard later"), observation(other)])
    said = newest(read(tmp_path))

    assert ("heard later", "2026-11-25T10:00:01Z") == (said[DAY].record["title"], said[DAY].seen_at)
    assert "2026-11-23T10:00:00Z" == said[other].seen_at


def test_equal_values_have_equal_digests():
    """NASA's key order is not news."""
    assert digest({"a": 1, "b": "x"}) == digest({"b": "x", "a": 1})


def test_a_file_that_is_cut_short_is_refused():
    """Half a line must not pass for one observation less."""
    with pytest.raises(BadData, match=r"2026-11.jsonl is cut short after 0 lines.*Delete the file"):
        parse_month(b'{"date":"2026-11-22"', Path("2026-11.jsonl"))


def test_a_line_that_is_no_observation_is_refused():
    """Names the file and the way out."""
    with pytest.raises(BadData, match=r"2026-11.jsonl holds a line.*Delete the file"):
        parse_month(b"[]\n", Path("2026-11.jsonl"))
