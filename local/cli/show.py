"""A difference of two versions as text, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from typing import TYPE_CHECKING

from include.apod.days import spans

if TYPE_CHECKING:
    from include.apod.history.diff import Diff


def _quoted(value: str | None) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)


def as_text(diff: Diff) -> str:
    """As git would: `+` added, `-` removed, `~` corrected, with the values before and after."""
    lines = [f"+ {span}" for span in spans(map(date.fromisoformat, diff.added))]
    lines += [f"- {span}" for span in spans(map(date.fromisoformat, diff.removed))]
    for day, values in diff.corrected.items():
        lines.append(f"~ {day}")
        for name, (before, after) in values.items():
            lines += [f"    {name}", f"    - {_quoted(before)}", f"    + {_quoted(after)}"]
    return "".join(f"{line}\n" for line in lines or ["no difference"])


def as_csv(diff: Diff) -> str:
    """One line for each day added or removed and each corrected value."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("change", "date", "field", "before", "after"))
    writer.writerows(("added", day, "", "", "") for day in diff.added)
    writer.writerows(("removed", day, "", "", "") for day in diff.removed)
    writer.writerows(
        ("corrected", day, name, before, after)
        for day, values in diff.corrected.items()
        for name, (before, after) in values.items()
    )
    return text.getvalue()


def as_json(diff: Diff) -> str:
    """The same as one object."""
    corrected = {
        day: {name: {"before": before, "after": after} for name, (before, after) in values.items()}
        for day, values in diff.corrected.items()
    }
    fields = {"added": diff.added, "removed": diff.removed, "corrected": corrected}
    return json.dumps(fields, indent=2, ensure_ascii=False) + "\n"
