"""Brings captures into the raw store, as observations of their time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING

from include.apod.captures.documents import MOST_BYTES, NotReadable, objects_in
from include.apod.captures.judged import Judge
from include.apod.errors import BadData
from include.apod.formats import raw as raw_store
from include.apod.formats.raw import Observation
from include.apod.run import Report
from include.apod.sources import CAPTURED_SERVICE, service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date, datetime

    from include.apod.captures.captures import Capture, Captures, Document
    from include.apod.days import Span
    from include.apod.formats.raw import Record
    from include.apod.formats.store import Store


@dataclass
class Collected:
    """The observations of all captures that can be believed, before they are compared with the raw store.

    Attributes:
        name: of the repository or folder.
        judge: what refuses records.
        observations: by day, in the order of their captures.
    """

    name: str
    judge: Judge
    observations: dict[date, list[Observation]] = field(default_factory=lambda: defaultdict(list))
    _versions: dict[str, frozenset[int]] = field(default_factory=dict)

    def add(self, capture: Capture, now: datetime) -> None:
        """Takes what a capture says anew."""
        days: set[date] = set()
        for document in capture.documents:
            example = f"{capture.commit[:12]} {document.path}".strip()
            if capture.time > now:
                self.judge.refusals.add(f"captured in the future, {capture.time:%Y-%m-%d %H:%M}", example)
                continue
            via = {"repository": self.name, "commit": capture.commit, "path": document.path}
            via = {name: value for name, value in via.items() if value}
            for record in self._changed(document, example):
                if day := self.judge.placed(record, capture.time, example):
                    days.add(day)
                    seen_at = f"{capture.time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
                    sha256 = raw_store.digest(record)
                    observation = Observation(day, seen_at, CAPTURED_SERVICE, sha256, record=record, via=via)
                    self.observations[day].append(observation)
        for day, reason in self.judge.newly_refused(days).items():
            refused = self.observations[day].pop()
            self.judge.refusals.add(reason, f"{day} in {(refused.via or {}).get('path')}")

    def _changed(self, document: Document, example: str) -> list[Record]:
        """The records of a document that its version before did not hold."""
        content = document.read()
        if content is None:
            self.judge.refusals.add(f"files of over {MOST_BYTES >> 20} MB", example)
            return []
        try:
            records = objects_in(content)
        except NotReadable as error:
            self.judge.refusals.add(f"no JSON, {error}", example)
            return []
        before = self._versions.get(document.path, frozenset())
        hashes = [hash(repr(record)) for record in records]
        self._versions[document.path] = frozenset(hashes)
        return [record for record, content in zip(records, hashes, strict=True) if content not in before]


def _words(observation: Observation) -> dict[str, object]:
    """The fields of an observation with white space of one kind and length."""
    fields = service(observation.source).read(observation.record or {}).fields
    return {name: " ".join(value.split()) if isinstance(value, str) else value for name, value in fields.items()}


@dataclass
class Comparison:
    """Compares observations with those that stand beside them in time; counts what need not be stored.

    Attributes:
        duplicates: observations that say what the raw store holds.
        white_space: those that differ from it in white space only.
    """

    duplicates: int = 0
    white_space: int = 0

    def new(self, existing: Iterable[Observation], captured: Iterable[Observation]) -> list[Observation]:
        """The observations that say something else than the one before them, and than a held one after them."""
        candidates = {id(observation) for observation in captured}
        in_time = sorted(
            [*(old for old in existing if old.source == CAPTURED_SERVICE and old.record is not None), *captured],
            key=lambda observation: (observation.date, observation.seen_at, id(observation) in candidates),
        )
        before: dict[date, Observation] = {}
        forward = []
        for observation in in_time:
            if id(observation) in candidates and self._same(observation, before.get(observation.date)):
                continue
            before[observation.date] = observation
            forward.append(observation)
        after: dict[date, Observation] = {}
        new = []
        for observation in reversed(forward):
            if id(observation) in candidates:
                follower = after.get(observation.date)
                if follower and id(follower) not in candidates and self._same(observation, follower):
                    continue
                new.append(observation)
            after[observation.date] = observation
        return new[::-1]

    def _same(self, observation: Observation, neighbour: Observation | None) -> bool:
        if neighbour is None:
            return False
        if observation.sha256 == neighbour.sha256:
            self.duplicates += 1
            return True
        same = _words(observation) == _words(neighbour)
        self.white_space += same
        return same


def _orphans(existing: Iterable[Observation], captures: Captures) -> int:
    """How many observations came from commits of this repository that it has no more."""
    vias = [observation.via for observation in existing if observation.via]
    return sum(via["repository"] == captures.name and via.get("commit", "") not in captures.commits for via in vias)


def import_captures(
    captures: Captures, store: Store, archive: Span, now: datetime, progress: Callable[[int, int], None]
) -> Report:
    """Stores what captures say and the raw store does not, month by month.

    Args:
        captures: to read.
        store: to add to. What stands in it stays, and the newest observation of a day still counts.
        archive: the days that can have a picture.
        now: the time of the import, aware.
        progress: called after each capture with its number and their count.

    Raises:
        BadData: no record of the captures can be believed, or a month file is damaged.
    """
    collected = Collected(captures.name, Judge(archive))
    for number, capture in enumerate(captures.each, 1):
        collected.add(capture, now)
        progress(number, captures.count)
    refusals = collected.judge.refusals
    by_month: dict[str, list[Observation]] = defaultdict(list)
    for day, observations in collected.observations.items():
        by_month[raw_store.month_of(day)] += observations
    if not any(by_month.values()):
        raise BadData(
            f"{captures.name} has no record of APOD that can be believed. Refused: {f'{refusals}' or 'nothing'}."
        )
    comparison, stored, orphans = Comparison(), 0, 0
    days: set[date] = set()
    for month, captured in sorted(by_month.items()):
        existing = raw_store.read_month(raw_store.month_file(store.raw, month))
        orphans += _orphans(existing, captures)
        if new := comparison.new(existing, captured):
            raw_store.merge(store.raw, new)
            stored += len(new)
            days |= {observation.date for observation in new}
    raw_store.flush_folders(store.raw)
    store.save()
    notes = {
        f"{comparison.duplicates} held already": comparison.duplicates,
        f"{comparison.white_space} differ only in white space, and are left out": comparison.white_space,
        f"{orphans} imported before are of commits that {captures.name} has no more; they stay": orphans,
        f"{refusals.total} refused: {refusals}": refusals.total,
    }
    sentence = "; ".join(
        [
            f"{stored} observations of {len(days)} days stored, from {captures.count} captures of {captures.name}",
            *(note for note, applies in notes.items() if applies),
        ]
    )
    facts = {"stored": stored, "held": comparison.duplicates, "refused": refusals.total}
    return Report(stored > 0, sentence, facts)
