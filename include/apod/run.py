"""What a step is told about its run, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True)
class Run:
    """One run of a DAG, as far as a step may know it.

    Attributes:
        id: the orchestrator's name for it, for the record.
        params: the run parameters.
        manual: a person asked for it, so nothing waits.
        began: when its first try began, None where nobody says.
    """

    id: str
    params: Mapping[str, Any] = field(default_factory=dict)
    manual: bool = True
    began: datetime | None = None


@dataclass(frozen=True)
class Report:
    """What a step did.

    Attributes:
        changed: whether something durable is different now.
        sentence: the result for a person, with its numbers.
        facts: small values for the asset event (counts, dates, digests); never records.
    """

    changed: bool
    sentence: str
    facts: Mapping[str, str | int] = field(default_factory=dict)
