"""What a person sees while it works: a live list on a terminal, a line a task elsewhere."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from types import TracebackType

    from local.cli.follow import Line

SIGNS = {
    "success": ("✓", "green"),
    "skipped": ("–", "dim"),
    "failed": ("✗", "red"),
    "up_for_retry": ("✗", "red"),
    "awaiting_input": ("?", "yellow"),
}


@dataclass
class Progress:
    """Shows messages and tasks; used as a context, so that a live list ends well."""

    console: Console = field(default_factory=lambda: Console(highlight=False, soft_wrap=True))
    started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._live = Live(console=self.console, refresh_per_second=8, auto_refresh=False)
        self._shown: set[tuple[str, str, str]] = set()

    def __enter__(self) -> Progress:
        if self.console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def say(self, message: str) -> None:
        """One line with the time since the start."""
        self.console.print(Text(f"{time.monotonic() - self.started:5.1f} s  {message}"))

    def end_list(self) -> None:
        """Leaves the list of tasks as it is; what is said from now on stands below it."""
        self._live.stop()

    def show(self, lines: list[Line]) -> None:
        """The tasks as they are now."""
        if self.console.is_terminal:
            self._live.update(Group(_table(lines)), refresh=True)
        else:
            for line in lines:
                if line.state in SIGNS and (line.dag, line.task, line.state) not in self._shown:
                    self._shown.add((line.dag, line.task, line.state))
                    self.say(f"{SIGNS[line.state][0]} {_row(line)}")


def _row(line: Line) -> str:
    name = f"{line.dag}.{line.task}" if line.task else line.dag
    return f"{name:26} {line.seconds:4.1f} s  {line.sentence}".rstrip()


def _table(lines: list[Line]) -> Table:
    table = Table.grid(padding=(0, 1))
    for line in lines:
        sign, colour = SIGNS.get(line.state, ("…" if line.state == "running" else "·", "cyan"))
        table.add_row(
            Text(sign, colour),
            Text(line.dag, "bold"),
            line.task,
            f"{line.seconds:.1f} s",
            Text(line.sentence or line.state.removeprefix("success")),
        )
    return table
