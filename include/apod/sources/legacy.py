"""Where a picture of the old site is now. apod.nasa.gov answers with a page for each of its former addresses.

The new place is derived from the old one; two pairs are known, and nobody has promised the others. So it is for
showing, and the data keeps NASA's words.
"""

from __future__ import annotations

import re

from include.apod.days import MONTHS

PICTURE = re.compile(r"https?://(?:www\.)?apod\.nasa\.gov/apod/image/(\d\d)(0[1-9]|1[0-2])/([^/?#]+)")
PLACE = "https://assets.science.nasa.gov/content/dam/science/cds/apod/apod"


def new_address(url: str | None) -> str | None:
    """The derived address of a picture, `…/apod/image/1803/x.jpg` by `…/apod/2018/march/x.jpg`; None for any other."""
    match = PICTURE.fullmatch(url or "")
    if not match:
        return None
    century = 19 if match[1] >= "95" else 20
    return f"{PLACE}/{century}{match[1]}/{MONTHS[int(match[2]) - 1]}/{match[3]}"
