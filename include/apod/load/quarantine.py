"""The hard rules. Observations that break one are left out of the table and recorded in apod.rejected with the reason.

The newest good observation of a day counts. Newer ones that break a rule stay in quarantine until a good one follows
them; the rest of the month is not affected.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from include.apod.formats.columns import COLUMNS, MEDIA_TYPES
from include.apod.formats.fragments import RULES_VERSION, Origin, Rejection
from include.apod.sources import SERVICES, Reading, service
from include.apod.sources.absence import is_proof

if TYPE_CHECKING:
    from collections.abc import Iterable

    from include.apod.formats.raw import Observation, Record


@dataclass
class JudgedMonth:
    """The observations of a month after the hard rules.

    Attributes:
        records: the record that counts of each day, in the one form, oldest day first.
        origins: where each of them comes from.
        rejections: the observations in quarantine.
        unknown_fields: fields of the records that no reader knows.
        findings: what was wrong with records and was put right, and on how many days.
    """

    records: list[Record] = field(default_factory=list)
    origins: list[Origin] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    unknown_fields: set[str] = field(default_factory=set)
    findings: Counter[str] = field(default_factory=Counter)

    @property
    def unreadable(self) -> tuple[str, ...]:
        """The days that have nothing but quarantine, `YYYY-MM-DD`, oldest first."""
        return tuple(sorted({row.date for row in self.rejections} - {row.date for row in self.origins}))

    def accept(self, observation: Observation, reading: Reading) -> None:
        """Adds a record that counts."""
        self.records.append(reading.fields)
        day = f"{reading.fields['date']}"  # no hard rule is broken, so it is that of the observation
        origin = Origin(day, observation.source, observation.sha256, observation.seen_at, RULES_VERSION)
        self.origins.append(origin)
        self.unknown_fields |= reading.unknown
        if reading.findings:
            self.findings.update(reading.findings)

    def reject(self, observation: Observation, reason: str) -> None:
        """Adds an observation to quarantine."""
        content = json.dumps({"source": observation.source, "record": observation.record})
        identity = (f"{observation.date}", observation.source, observation.sha256, observation.seen_at)
        self.rejections.append(Rejection(*identity, reason, content))


def broken_rule(record: Record, day: str) -> str:
    """Which hard rule a record (in the one form) breaks, or an empty text."""
    values = [value for value in map(record.get, COLUMNS) if value is not None]
    try:
        text = "".join(cast("list[str]", values))
    except TypeError:
        name, value = next((name, record[name]) for name in COLUMNS if not isinstance(record.get(name), str | None))
        return f"{name} is {value!r:.80}, not text"
    title, media_type = record.get("title"), record.get("media_type")
    if record.get("date") != day:
        return f"filed under {day}, but of {record.get('date')!r}"
    if not f"{title or ''}".replace("\0", "").strip():
        return "no title"
    if media_type not in MEDIA_TYPES:
        return f"media_type {media_type!r} is none of {', '.join(MEDIA_TYPES)}"
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"a lone surrogate {error.object[error.start]!r}, which no text file can hold"
    return ""


def read(observation: Observation) -> tuple[Reading, str]:
    """An observation's record in the one form, and the hard rule that it breaks, or an empty text."""
    if observation.source not in SERVICES:
        return Reading({}, frozenset()), f"source {observation.source!r} is none of {', '.join(SERVICES)}"
    if not isinstance(observation.record, dict):
        return Reading({}, frozenset()), f"the record is {observation.record!r:.80}, no object"
    reading = service(observation.source).read(observation.record)
    return reading, broken_rule(reading.fields, observation.date.isoformat())


def _is_loss(observation: Observation) -> bool:
    """Whether the source has lost this day, which then keeps what was heard of it before."""
    return observation.absent is not None and not is_proof(observation.date, [observation.source])


def judge(observations: Iterable[Observation]) -> JudgedMonth:
    """Applies the hard rules to the observations of a month, which are in the order of the raw store."""
    settled, month = set(), JudgedMonth()
    for observation in reversed([*observations]):
        if observation.date in settled or _is_loss(observation):
            continue
        if observation.absent:
            settled.add(observation.date)
            continue
        reading, reason = read(observation)
        if reason:
            month.reject(observation, reason)
        else:
            settled.add(observation.date)
            month.accept(observation, reading)
    for rows in (month.records, month.origins, month.rejections):
        rows.reverse()
    return month
