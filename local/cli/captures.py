"""`./apod import`: captures that others made, brought into the raw store. Airflow is not needed."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from local.cli.app import app, opened
from local.stack.errors import StackError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from include.apod.captures.captures import Captures
    from local.cli.progress import Progress
    from local.stack.stack import Stack

SHOWN_SECONDS = 2  # between two lines of progress


def _captures(source: str, seen_at: str) -> AbstractContextManager[Captures]:
    from contextlib import nullcontext

    from include.apod.captures.captures import folder_captures, is_repository, repository_captures

    path = Path(source).expanduser()
    if is_repository(path):
        if seen_at:
            raise StackError("--seen-at is for a folder or a file; the commits of a repository have their own times.")
        return repository_captures(source)
    if not seen_at:
        raise StackError(f"{source} is no git repository; say when it was captured: --seen-at 2024-05-01T12:00:00Z.")
    try:
        captured = datetime.fromisoformat(seen_at)
    except ValueError as error:
        raise StackError(f"--seen-at {seen_at!r} is no time; write 2024-05-01T12:00:00Z.") from error
    return nullcontext(folder_captures(path, captured.replace(tzinfo=captured.tzinfo or UTC)))


def _restore_lost(stack: Stack, progress: Progress) -> None:
    """Brings the raw store back from the last version first, where there is one: an import is no archive."""
    from include.apod.ingest.restore_raw import is_lost
    from local.cli.deployment import has_repository, store_of
    from local.cli.restore import restore_live_raw

    if has_repository(stack) and is_lost(store_of(stack)):
        progress.say(restore_live_raw(stack))


@app.command("import")
def import_(
    source: Annotated[
        str, typer.Argument(help="A git repository (URL or path), or a folder or file of JSON or NDJSON.")
    ],
    seen_at: Annotated[str, typer.Option(help="When a folder or file was captured, as 2024-05-01T12:00:00Z.")] = "",
    live: Annotated[
        bool, typer.Option("--live/--stand-in", help="Into NASA's real archive, or into the stand-in's fictional one.")
    ] = True,
) -> None:
    """Take in answers of NASA's old API that others kept.

    Of a git repository each commit is a capture at its time, so edits of years ago keep their order. Nothing that is
    held is replaced. `LIVE=1 ./apod run` goes on from there.
    """
    from include.apod.captures.importing import import_captures
    from include.apod.days import Span, newest_publishable
    from include.apod.settings import read_settings
    from local.cli.deployment import store_of

    now = datetime.now(UTC)
    with opened(live=live) as (stack, progress), stack.locked():
        last_line = time.monotonic()

        def show(number: int, count: int) -> None:
            nonlocal last_line
            if number == count or time.monotonic() - last_line > SHOWN_SECONDS:
                last_line = time.monotonic()
                progress.say(f"{number} of {count} captures read")

        _restore_lost(stack, progress)
        progress.say(f"reading {source.rpartition('@')[2]}")
        archive = Span(read_settings().since, newest_publishable(now))
        with _captures(source, seen_at) as captures:
            progress.say(import_captures(captures, store_of(stack), archive, now, show).sentence)
