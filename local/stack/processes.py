"""Child processes that can be found again, by number and start time, and ended with all their children."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import psutil

from local.stack.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

POLITE = (signal.SIGTERM,)  # upon which an API server waits for every browser that still reads from it
URGENT = (signal.SIGTERM, signal.SIGINT)  # upon which it does not; and a first signal can get lost in a destructor
GRACE_SECONDS = 20
READY_SECONDS = 180  # that Airflow has to start
_children: list[subprocess.Popen[bytes]] = []  # kept: Python complains of a child it loses sight of
_recording = threading.Lock()  # parts of a stack are started side by side


class ProcessId(NamedTuple):
    """A process: its number, and its start time, since numbers are used again."""

    pid: int
    created: float


class Processes:
    """The processes of one stack, recorded in a file so that a later command finds them."""

    def __init__(self, record: Path, logs: Path) -> None:
        self.record = record
        self.logs = logs

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str], cwd: Path, **identity: int) -> None:
        """Starts a process in a group of its own; what it prints goes to `<logs>/<name>.log`.

        `identity` is passed to Popen: `user` and `group`, for root only.
        """
        self.logs.mkdir(parents=True, exist_ok=True)
        with (self.logs / f"{name}.log").open("wb") as log:
            child = subprocess.Popen(  # type: ignore[call-overload]  # a union of keywords
                command,
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **identity,
            )
        _children.append(child)
        with _recording:
            self._save({**self._read(), name: ProcessId(child.pid, psutil.Process(child.pid).create_time())})

    def running(self) -> dict[str, psutil.Process]:
        """The recorded processes that are alive and are still the ones that were started."""
        alive = {}
        for name, (pid, created) in self._read().items():
            try:
                process = psutil.Process(pid)
                if abs(process.create_time() - created) < 1 and process.status() != psutil.STATUS_ZOMBIE:
                    alive[name] = process
            except psutil.NoSuchProcess:
                continue
        return alive

    def check(self, name: str) -> None:
        """Raises StackError with the process' own last words if it has ended."""
        if name not in self.running():
            raise StackError(f"{name} ended by itself. Its last words:\n{self.last_words(name)}")

    def last_words(self, name: str, lines: int = 15) -> str:
        """The last lines that a process printed."""
        path = self.logs / f"{name}.log"
        text = path.read_text(errors="replace") if path.exists() else ""
        return "\n".join(text.splitlines()[-lines:]) or "(it printed nothing)"

    def stop(self, *names: str) -> None:
        """Ends the named processes (all without names) and their children: politely, then urgently, then not."""
        alive = {name: p for name, p in self.running().items() if not names or name in names}
        family = [child for process in alive.values() for child in _family(process)]
        for signals, share in ((POLITE, 0.25), (URGENT, 1), ((signal.SIGKILL,), 1)):
            for process in family:
                _send(process, signals)
            _, family = psutil.wait_procs(family, timeout=GRACE_SECONDS * share)
        _children[:] = [child for child in _children if child.poll() is None]
        self._save({name: entry for name, entry in self._read().items() if names and name not in names})

    def _read(self) -> dict[str, ProcessId]:
        """The recorded processes, by name; none if the file is missing or its writer was killed."""
        try:
            return {name: ProcessId(*entry) for name, entry in json.loads(self.record.read_text()).items()}
        except (FileNotFoundError, json.JSONDecodeError):
            return {}

    def _save(self, recorded: Mapping[str, ProcessId]) -> None:
        temporary = self.record.with_suffix(".tmp")
        temporary.write_text(json.dumps(recorded))
        temporary.replace(self.record)


def _family(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [*process.children(recursive=True), process]
    except psutil.NoSuchProcess:
        return []


def _send(process: psutil.Process, signals: Sequence[signal.Signals]) -> None:
    with suppress(psutil.NoSuchProcess):
        for number in signals:
            process.send_signal(number)


def looks(seconds: float, pause: float = 0.1) -> Iterator[None]:
    """One turn for each look at something that is starting, until so many seconds of the clock have passed."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        yield
        time.sleep(pause)
