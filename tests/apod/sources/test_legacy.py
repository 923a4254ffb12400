"""Where legacy pictures are now."""

import pytest

from include.apod.sources.legacy import new_address

NOW = "https://assets.science.nasa.gov/content/dam/science/cds/apod/apod"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("https://apod.nasa.gov/apod/image/1803/crab_lg.jpg", f"{NOW}/2018/march/crab_lg.jpg"),
        ("http://apod.nasa.gov/apod/image/9911/crab_vlt.jpg", f"{NOW}/1999/november/crab_vlt.jpg"),
        ("https://apod.nasa.gov/apod/image/2604/x.jpg", f"{NOW}/2026/april/x.jpg"),
        ("https://apod.nasa.gov/apod/image/goddard1.gif", None),
        ("https://apod.nasa.gov/apod/image/1813/x.jpg", None),
        ("https://apod.nasa.gov/apod/ap180317.html", None),
        ("https://pictures.example/apod/image/1803/x.jpg", None),
        ("https://[apod", None),
        ("", None),
        (None, None),
    ],
)
def test_a_legacy_picture_has_a_new_place(old, new):
    """Two pairs are known; nothing is made up for what does not have their form."""
    assert new == new_address(old)
