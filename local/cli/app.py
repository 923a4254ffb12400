"""What every command of `./apod` shares."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from local.stack.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.cli.progress import Progress
    from local.stack.stack import Stack

app = typer.Typer(
    help="The whole pipeline on this machine, with nothing but Python, git and a package index.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
Live = Annotated[
    bool,
    typer.Option("--live", envvar="LIVE", help="Use NASA's own API (and APOD_API_KEY) instead of the stand-in."),
]


@contextmanager
def opened(*, live: bool) -> Iterator[tuple[Stack, Progress]]:
    """The stack, and where progress is shown."""
    from local.cli.progress import Progress
    from local.stack.stack import Stack

    with Progress() as progress:
        yield Stack(Layout(live), progress.say), progress
