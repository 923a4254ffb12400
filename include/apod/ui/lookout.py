"""Looks at repository and DVC remote for the page: one look at a time, in a thread of its own.

A view never waits long for either: it answers from what the last look found, and says how old that is.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from include.apod.errors import ApodError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

log = logging.getLogger(__name__)

FRESH_SECONDS = 30  # so long nobody looks again
PATIENCE_SECONDS = 2  # that a view waits for a look


class RepositoryState(NamedTuple):
    """What a look found.

    Attributes:
        branch: of the versions.
        csv: md5 of the CSV that its tip points at; None before the first version.
        pullable: for each version's commit, newest first: `yes`, `raw` or `no`.
    """

    branch: str
    csv: str | None
    pullable: Mapping[str, str]


class Finding(NamedTuple):
    """The last look.

    Attributes:
        state: what it found; None where it failed.
        problem: why it failed; empty where it did not.
        age_seconds: since it ended.
    """

    state: RepositoryState | None
    problem: str
    age_seconds: float


@dataclass
class Lookout:
    """Remembers the last look, and has another made where that is old.

    Attributes:
        look: looks; may take as long as it likes, and may raise one of our errors.
    """

    look: Callable[[], RepositoryState]
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _done: threading.Event = field(default_factory=threading.Event)
    _looking: bool = False
    _last: tuple[RepositoryState | None, str, float] | None = None

    def finding(self) -> Finding:
        """The last look. If it is old, a new one is begun, and waited for a moment.

        Raises:
            Unavailable: the first look has not ended yet.
        """
        if self._last is None or time.monotonic() - self._last[2] > FRESH_SECONDS:
            self._begin()
            self._done.wait(PATIENCE_SECONDS)
        if self._last is None:
            raise Unavailable("Repository and DVC remote have not answered yet; look again in a moment.")
        state, problem, ended = self._last
        return Finding(state, problem, time.monotonic() - ended)

    def _begin(self) -> None:
        """Begins a look, unless one is on its way."""
        with self._lock:
            if self._looking:
                return
            self._looking = True
            self._done.clear()
        threading.Thread(target=self._look, name="apod-lookout", daemon=True).start()

    def _look(self) -> None:
        state, problem = None, "the look failed; the log of the API server has the reason"
        try:
            state, problem = self.look(), ""
        except ApodError as error:
            problem = f"{error}"
        except Exception:
            log.exception("the look at the repository failed")
        finally:
            self._last = (state, problem, time.monotonic())
            self._looking = False
            self._done.set()
