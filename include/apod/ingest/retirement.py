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


def _is_retired(state: SourceState, today: date) -> bool:
    return today - state.silent_since >= RETIRED_AFTER


def _is_back(source: Source, state: SourceState, today: date) -> bool:
    """Whether a retired service answers again; it is asked if the question of the week is due."""
    return today - state.last_request >= ASKED_EVERY and _answers(source, today - RETIRED_AFTER)


def unretired_sources(sources: Sequence[Source], states: Mapping[str, SourceState], today: date) -> list[Source]:
    """The services that are not retired, without asking any; all of them if each is retired."""
    retired = {name for name, state in states.items() if _is_retired(state, today)}
    return [source for source in sources if source.name not in retired] or [*sources]


def active_sources(sources: Sequence[Source], states: Mapping[str, SourceState], today: date) -> list[Source]:
    """The services to ask: not those that are retired, unless one answers the weekly question, asked here."""
    active = []
    for source in sources:
        state = states.get(source.name)
        if state is None or not _is_retired(state, today) or _is_back(source, state, today):
            active.append(source)
        else:
            log.warning(
                "%s has given no believable answer since %s and counts as retired; it is asked once a week, last on %s",
                source.name,
                state.silent_since,
                today if source.requests else state.last_request,
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
