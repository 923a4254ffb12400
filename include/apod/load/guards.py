"""The guards of publish: what would lose days, or change much of the archive at once, waits for a person's word."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.apod.errors import ApprovalNeeded, BadData, Question
from include.apod.formats.columns import COLUMNS
from include.apod.formats.statements import statement
from include.apod.load.audit import exported_md5

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from psycopg import Cursor
    from psycopg.rows import TupleRow

    from include.apod.load.audit import Changes
    from include.apod.run import Answer

MASS_CHANGE = 0.05  # share of the existing rows; NASA's own edits touch a handful a month
NAMED_DAYS = 5  # in a message
EXAMPLES = 10  # in a question
SHOWN_LETTERS = 60  # of a value


@dataclass(frozen=True)
class Allowed:
    """What a person has allowed this load to do.

    Attributes:
        shrink: days may vanish from the archive.
        mass_change: more than 5 % of the rows may change at once.
        answer: what a person said when asked for this load; None if nobody was asked.
        can_ask: somebody can be asked.
    """

    shrink: bool = False
    mass_change: bool = False
    answer: Answer | None = None
    can_ask: bool = False


@dataclass(frozen=True)
class Stop:
    """A guard that a load has run into.

    Attributes:
        verb: what would happen to the days.
        days: these, oldest first.
        parameter: the run parameter that lets it through.
        allowed: it does.
    """

    verb: str
    days: Sequence[date]
    parameter: str
    allowed: bool


def _stops(changes: Changes, allowed: Allowed) -> list[Stop]:
    """The guards that a load runs into. Repairs do not count."""
    stops = []
    if changes.removed_days:
        stops.append(Stop("remove", changes.removed_days, "allow_shrink", allowed.shrink))
    if len(changes.changed_days) > MASS_CHANGE * changes.existing:
        stops.append(Stop("change", changes.changed_days, "allow_mass_change", allowed.mass_change))
    return stops


def _named(days: Sequence[date]) -> str:
    """The first of some days."""
    return ", ".join(map(str, days[:NAMED_DAYS])) + (", …" if len(days) > NAMED_DAYS else "")


def _shown(value: object) -> str:
    """A value as code in Markdown, so that nothing in it is taken for Markdown."""
    if value is None:
        return "nothing"
    text = " ".join(f"{value}".split()).replace("`", "'")
    return f"`{text if len(text) <= SHOWN_LETTERS else text[: SHOWN_LETTERS - 1] + '…'}`"


def _example(day: date, current: dict[str, object], staged: dict[str, object] | None) -> str:
    """A line of what would become of a day."""
    if staged is None:
        return f"- {day}: {_shown(current['title'])} would be removed"
    differences = [name for name in COLUMNS if current[name] != staged[name]]
    return f"- {day}: " + ", ".join(f"{name} {_shown(current[name])} → {_shown(staged[name])}" for name in differences)


def _check_staging(cursor: Cursor[TupleRow], md5: str) -> None:
    """Checks that both stages are the same, before a person is asked about one of them.

    Raises:
        BadData: they differ: somebody changed one, or a load that was stopped has dropped it.
    """
    if (staged_as := exported_md5(cursor, "staging")) != md5:
        raise BadData(
            f"What is staged for the table is not what is staged for the CSV: md5 {staged_as} and {md5}. "
            "Nothing was published; ./apod trigger load stages all of it anew."
        )


def _question(cursor: Cursor[TupleRow], changes: Changes, stops: Sequence[Stop], key: str) -> Question:
    """What a person is asked: how much, and examples of each kind."""
    parts = [f"{stop.verb} {len(stop.days)} of {changes.existing} pictures" for stop in stops]
    body = ["Nothing is published until you answer; reject, and table and CSV stay as they are."]
    for stop in stops:
        days = [*stop.days[:EXAMPLES]]
        rows = cursor.execute(statement("publish/select_examples"), {"days": days}).fetchall()
        remainder = len(stop.days) - len(days)
        body += ["", f"It would {stop.verb}:", "", *(_example(*row) for row in rows)]
        body += [f"- and {remainder} more, until {stop.days[-1]}"] if remainder else []
    return Question(f"Shall this load {' and '.join(parts)}?", "\n".join(body), key)


def _refusal(answer: Answer | None) -> str:
    """That a person has rejected it, or nobody has answered; empty where nobody was asked."""
    if answer is None:
        return ""
    return f" {answer.by} has rejected it." if answer.by else " Nobody has approved it in time."


def guard(cursor: Cursor[TupleRow], changes: Changes, allowed: Allowed, staged_md5: Callable[[], str]) -> str:
    """Stops a publish that would lose days or change a large part of the archive. Repairs do not count.

    Returns who let it through; an empty text where nobody had to.

    Args:
        cursor: in publish's transaction, before the merge.
        changes: what the merge would change.
        allowed: what a person has allowed.
        staged_md5: says the md5 of the staged CSV; where there is no question it is not waited for.

    Raises:
        ApprovalNeeded: a person can be asked, and has not answered for exactly these changes.
        BadData: it may not be; says how many, shows examples, and says how a person allows it.
    """
    stops = _stops(changes, allowed)
    closed = [stop for stop in stops if not stop.allowed]
    if not closed:
        return ", ".join(f"run parameter {stop.parameter}" for stop in stops)
    md5 = staged_md5()
    facts = repr((md5, [(stop.verb, [*map(str, stop.days)]) for stop in closed]))
    key, answer = hashlib.sha256(facts.encode()).hexdigest(), allowed.answer
    if answer and answer.approved and answer.key == key:
        return answer.by
    if allowed.can_ask and (answer is None or answer.approved):
        _check_staging(cursor, md5)
        raise ApprovalNeeded(_question(cursor, changes, closed, key))
    first, refusal = closed[0], _refusal(answer)
    raise BadData(
        f"This load would {first.verb} {len(first.days)} of {changes.existing} pictures ({_named(first.days)}). "
        f"Nothing was published.{refusal} If that is right: ./apod trigger load --param {first.parameter}=true"
    )
