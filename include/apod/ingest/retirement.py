"""Services that have gone silent: asked once a week with one request, so that they cost nothing and may come back."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from include.apod.errors import ApodError
from include.apod.formats.source_states import SourceState
from include.apod.sources import Absent, service
from include.apod.sources.gate import refused_days

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from include.apod.sources import Source

log = logging.getLogger(__name__)

RETIRED_AFTER = timedelta(days=3)  # without a believable answer
ASKED_EVERY = timedelta(days=7)


def _answers(source: Source, day: date) -> bool:
    """Whether a service gives a believable answer for one day."""
    try:
        content = source.fetch_day(day)
        if isinstance(content, Absent):
            return True
        return not refused_days({day: service(source.name).read(content).fields}, source.name)
    except ApodError as error:
        log.info("%s still gives no believable answer: %s", source.name, error)
        return False


def active_sources(sources: Sequence[Source], states: Mapping[str, SourceState], today: date) -> list[Source]:
    """The services to ask: not those that are retired, unless one answers the weekly question, asked here."""
    active = []
    for source in sources:
        state = states.get(source.name)
        if (
            state is None
            or today - state.silent_since < RETIRED_AFTER
            or (today - state.asked >= ASKED_EVERY and _answers(source, today - RETIRED_AFTER))
        ):
            active.append(source)
        else:
            log.warning(
                "%s has given no believable answer since %s and counts as retired; it is asked once a week, last on %s",
                source.name,
                state.silent_since,
                today if source.requests else state.asked,
            )
    return active or [*sources]


def renewed_states(
    sources: Sequence[Source], believed: Mapping[str, int], states: Mapping[str, SourceState], today: date
) -> dict[str, SourceState]:
    """The states after a run.

    Args:
        sources: all services, with the requests that they were sent.
        believed: for each service, the number of days that it gave a believable answer for.
        states: before the run.
        today: the day of the run.
    """
    renewed = dict(states)
    for source in sources:
        if believed.get(source.name):
            renewed.pop(source.name, None)
        elif source.requests:
            before = states.get(source.name)
            renewed[source.name] = SourceState(before.silent_since if before else today, today)
    return renewed
