"""What a step gets to know of its run, and what it returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True)
class Answer:
    """What a person said.

    Attributes:
        approved: the step may go on.
        by: who said so.
        key: of the question that he was asked.
    """

    approved: bool
    by: str
    key: str


@dataclass(frozen=True)
class Run:
    """One run of a DAG.

    Attributes:
        id: the orchestrator's name for it.
        params: the run parameters.
        manual: a person triggered it, so nothing waits.
        began: start of its first try; None if unknown.
        answer: what a person said to this step's question; None if he was asked nothing.
    """

    id: str
    params: Mapping[str, object] = field(default_factory=dict)
    manual: bool = True
    began: datetime | None = None
    answer: Answer | None = None

    def flag(self, name: str) -> bool:
        """A run parameter that is true or false."""
        return bool(self.params.get(name))

    def text(self, name: str) -> str:
        """A run parameter that is a text; empty where it was not given."""
        value = self.params.get(name)
        return "" if value is None else f"{value}"


@dataclass(frozen=True)
class Report:
    """The result of a step.

    Attributes:
        changed: whether something durable is different now.
        sentence: the result for a person, with its numbers.
        facts: small values for the asset event (counts, dates, digests); never records.
    """

    changed: bool
    sentence: str
    facts: Mapping[str, str | int] = field(default_factory=dict)
