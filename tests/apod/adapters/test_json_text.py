"""JSON of others. tests/together/test_generated.py compares it with Python's reading of it."""

import pytest

from include.apod.adapters.json_text import parse_json


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "-1e400"])
def test_what_is_no_number_of_json_is_refused(number):
    """Python reads each, and would write what no other reader of the raw store takes."""
    with pytest.raises(ValueError, match=number):
        parse_json(f'[{{"title": {number}}}]')
