"""Step 3b: the same fragments, byte for byte, under a header into the staged CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.apod.columns import HEADER
from include.apod.run import Report
from include.apod.store import md5_of, replacing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def stage_csv(fragments: Sequence[Path], staged: Path) -> Report:
    """Writes the staged CSV: the header and the fragments, oldest month first."""
    with replacing(staged) as file:
        file.write(HEADER)
        file.writelines(fragment.read_bytes() for fragment in fragments)
    return Report(True, f"{staged.stat().st_size} bytes staged for the CSV", {"md5": md5_of(staged)})
