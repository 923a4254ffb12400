"""The data card of a release, for a person: what this is, what is missing, how to take and prove it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from include.apod.formats.columns import COLUMNS
from include.apod.formats.datapackage import LICENSES, SOURCES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from include.apod.days import Span
    from include.apod.release.edition import Correction, Edition

MOST_SPANS = 12  # that are listed
MOST_CORRECTIONS = 20
SPECIAL = str.maketrans({character: f"\\{character}" for character in "\\`*_[]|#!~"})


def plain(text: str) -> str:
    """A text of NASA's in one line that Markdown and HTML show as it is."""
    return escape(" ".join(text.split()), quote=False).translate(SPECIAL)


def shortened(text: str | None, width: int = 60) -> str:
    """The beginning of a value; a dash for none."""
    line = " ".join((text or "—").split())
    return line if len(line) <= width else f"{line[: width - 1]}…"


def _listed(days: Iterable[Span]) -> str:
    """Some spans of days, the first of them by name."""
    spans = [*days]
    count = sum(map(len, spans))
    names = ", ".join(map(str, spans[:MOST_SPANS])) + (", …" if len(spans) > MOST_SPANS else "")
    return f"{count} ({names})" if spans else "0"


def _since(edition: Edition) -> list[Correction]:
    """What NASA changed since the version before."""
    return [correction for correction in edition.corrections if correction.commit == edition.version.commit]


def _line(correction: Correction) -> str:
    """A correction, as an item of a list."""
    before, after = (plain(shortened(value)) for value in (correction.before, correction.after))
    return f"- {correction.date} `{correction.field}`: “{before}” is “{after}” now"


def card(edition: Edition, files: Iterable[str], missing: str) -> bytes:
    """`README.md`; `missing` says what was left out of this release, or nothing."""
    version, content = edition.version, edition.content
    changed = _since(edition)
    lines = [
        "# NASA's Astronomy Picture of the Day, as data",
        "",
        f"{content.rows} rows, {content.first} to {content.last}, one a day; the newest is “{plain(content.title)}”.",
        f"Version `{version.commit}` of {version.time}. Files: {', '.join(sorted(files))}."
        + (f" {missing}" if missing else ""),
        "",
        "| column | meaning |",
        "|---|---|",
        *(f"| `{name}` | {column.description} |" for name, column in COLUMNS.items()),
        "",
        "## Days without a row",
        "",
        *(f"- {reason}: {_listed(days)}" for reason, days in edition.gaps.items()),
        "",
        "## What NASA changed since the version before",
        "",
        *map(_line, changed[:MOST_CORRECTIONS]),
        *(
            [f"- and {len(changed) - MOST_CORRECTIONS} more, in `corrections.xml`"]
            if len(changed) > MOST_CORRECTIONS
            else []
        ),
        *(["Nothing."] if not changed else []),
        "",
        "## Taking and proving it",
        "",
        "`sha256sum --check SHA256SUMS` proves the files of this folder. The CSV has",
        f"md5 `{version.csv}` and sha256 `{edition.sha256}`;",
        "the commit above has the same md5 in `data/apod_data.csv.dvc`.",
        f"From a clone of {edition.page}, `python3 data/pull.py` or `dvc pull` brings the same bytes,",
        "and `--raw` what NASA's services said, day by day.",
        "",
        "## Rights",
        "",
        *(f"- {entry['title']}: {entry['path']}" for entry in LICENSES),
        "",
        "An empty `copyright` does **not** say that a picture is free: NASA names holders in the text, too, and for",
        "years did not fill the field. Do not filter by it to find what may be used.",
        "",
        "Sources: " + "; ".join(f"{entry['title']} ({entry['path']})" for entry in SOURCES) + ".",
        "",
    ]
    return "\n".join(lines).encode()
