"""What a publish did, and how its task says so."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from include.apod.run import Report

if TYPE_CHECKING:
    from datetime import date

    from include.apod.formats.loads import PublishedLoad
    from include.apod.load.audit import Changes, CheckResult


class Outcome(Enum):
    """What a publish did."""

    PUBLISHED = auto()  # table and CSV, or one of them, hold something new
    PUBLISHED_EARLIER = auto()  # an earlier try of this run published it, and was killed before its event was sent
    REPAIRED = auto()  # the CSV or its description was not what the last load left, and is again
    UNCHANGED = auto()  # table and CSV held it already


@dataclass(frozen=True)
class Audit:
    """What publish's transaction found.

    Attributes:
        changes: what the merge changed.
        before: the newest load before this one; None for the first.
        checks: the results of the quality checks.
        rejected: number of observations in quarantine.
        unreadable: number of days that have nothing else.
        first, last: days of the merged table; None for an empty one.
        approved_by: who let it through a guard; an empty text where none had stopped it.
        user_table: what was done to a table of the user's own; an empty text where there is none.
    """

    changes: Changes
    before: PublishedLoad | None
    checks: list[CheckResult]
    rejected: int
    unreadable: int
    first: date | None
    last: date | None
    approved_by: str
    user_table: str


def _outcome(audit: Audit, md5: str, run: str, *, files_current: bool) -> Outcome:
    """What the publish did; the only place that decides it."""
    if audit.changes.not_empty or audit.before is None or audit.before.md5 != md5:
        return Outcome.PUBLISHED
    if audit.before.run == run:
        return Outcome.PUBLISHED_EARLIER
    return Outcome.UNCHANGED if files_current else Outcome.REPAIRED


def to_report(audit: Audit, md5: str, run: str, *, files_current: bool) -> Report:
    """What the task says of a publish.

    Args:
        audit: what its transaction found.
        md5: of table and CSV now.
        run: the orchestrator's name for the run.
        files_current: whether the published files were those of this md5 before.
    """
    changes, outcome = audit.changes, _outcome(audit, md5, run, files_current=files_current)
    findings = {result.name: result.rows for result in audit.checks}
    findings |= {"rejected": audit.rejected, "unreadable": audit.unreadable, "repaired": changes.repaired}
    facts: dict[str, str | int] = {
        "rows": changes.rows,
        "added": changes.added,
        "changed": changes.changed,
        "removed": changes.removed,
        "first": f"{audit.first}",
        "last": f"{audit.last}",
        "md5": md5,
        **{name: count for name, count in findings.items() if count},
    }
    quarantine = f"; {audit.rejected} observations in quarantine (apod.rejected)" if audit.rejected else ""
    quarantine += f", {audit.unreadable} days are unreadable" if audit.unreadable else ""
    quarantine += f"; {audit.user_table}" if audit.user_table else ""
    if outcome is Outcome.UNCHANGED:
        sentence = f"nothing new: table and CSV already hold these {changes.rows} pictures (md5 {md5}){quarantine}"
        return Report(False, sentence, facts)
    parts = [f"+{changes.added} ~{changes.changed} -{changes.removed}, {changes.rows} pictures"]
    if changes.repaired:
        parts.append(f"{changes.repaired} rows of the table were not what the last load left and are mended")
    if not files_current and audit.before is not None and audit.before.md5 == md5:
        parts.append("the CSV was not the published one and is again")
    if audit.approved_by:
        parts.append(f"approved by {audit.approved_by}")
    parts.append(f"table and CSV proven equal (md5 {md5}){quarantine}")
    return Report(True, "; ".join(parts), facts)
