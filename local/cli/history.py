"""The commands of `./apod` that look at versions and go back to them."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path  # noqa: TC003  # typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from local.cli.app import Live, app, opened
from local.stack.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from include.apod.adapters.git import Clone
    from include.apod.adapters.remote import Remote
    from include.apod.history.diff import Diff
    from include.apod.history.reproduce import Workshop
    from include.apod.history.versions import Version
    from local.stack.stack import Stack

Name = Annotated[str, typer.Argument(help="A commit, a tag, a date (YYYY-MM-DD) or latest~N.")]


@dataclass(frozen=True)
class Archive:
    """The whole history of a repository, in a throw-away clone."""

    clone: Clone
    versions: list[Version]
    remote: Remote
    workshop: Workshop

    def find(self, name: str) -> Version:
        from include.apod.history.versions import resolve

        return resolve(self.clone, self.versions, name)


@contextmanager
def archive(stack: Stack) -> Iterator[Archive]:
    """The versions of the local stack's repository."""
    from include.apod.adapters.git import Clone, Repository
    from include.apod.adapters.remote import Remote
    from include.apod.adapters.scratch import scratch
    from include.apod.history.reproduce import Workshop
    from include.apod.history.versions import clone_history, read_versions
    from include.apod.settings import read_settings
    from local.stack.layout import PROJECT

    if not stack.layout.repository.exists():
        raise StackError("There is no version yet; ./apod run makes one.")
    settings = read_settings()
    repository = Repository(stack.layout.repository.as_uri(), settings.git_branch, settings.git_author)
    remote = Remote(str(stack.layout.dvc_remote), sys.executable)
    with scratch("history") as folder:
        clone = clone_history(repository, folder / "clone")
        found = read_versions(clone, remote.url)
        if not found:
            raise StackError("There is no version yet; ./apod run makes one.")
        checkout = Clone(PROJECT, repository)
        yield Archive(clone, found, remote, Workshop(folder, (clone, checkout)))


@app.command()
def versions(live: Live = False) -> None:
    """List the versions, newest first.

    `pullable` is `yes`, `raw` where gc took the CSV, which its raw store makes again, or `no`.
    """
    from include.apod.history.versions import pullable

    head = ("committed", "commit", "csv md5", "rows", "changes", "complete", "code", "pullable")
    with opened(live=live) as (stack, _), archive(stack) as held:
        rows = [
            (
                version.time[:19],
                version.commit[:12],
                version.csv,
                version.facts.get("rows", "?"),
                version.changes or "-",
                version.facts.get("complete_through", "?"),
                version.facts.get("code_commit", "?")[:12],
                state,
            )
            for version, state in pullable(held.versions)
        ]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@app.command()
def diff(
    before: Name,
    after: Name = "latest",
    form: Annotated[Literal["text", "csv", "json"], typer.Option("--format")] = "text",
    live: Live = False,
) -> None:
    """Show what changed between two versions.

    Days added and removed, and each corrected value before and after; + ~ and - as in git.
    """
    from local.cli.show import as_csv, as_json, as_text

    with opened(live=live) as (stack, _), archive(stack) as held:
        found = difference(stack, held, held.find(before), held.find(after))
    typer.echo({"text": as_text, "csv": as_csv, "json": as_json}[form](found), nl=False)


def difference(stack: Stack, held: Archive, before: Version, after: Version) -> Diff:
    """From the ledger in PostgreSQL where that tells, else from the bytes of both."""
    import psycopg

    from include.apod.history.diff import from_bytes, from_ledger
    from local.stack.ready import running

    with running(stack), psycopg.connect(stack.server.dsn("apod"), autocommit=True) as database:
        if (told := from_ledger(database, before.csv, after.csv)) is not None:
            return told
    old, new = held.workshop.folder / "before.csv", held.workshop.folder / "after.csv"
    held.workshop.obtain(before, old)
    held.workshop.obtain(after, new)
    return from_bytes(old, new)


@app.command()
def passport(
    day: Annotated[str, typer.Argument(metavar="DATE", help="A day of the archive, YYYY-MM-DD.")],
    live: Live = False,
) -> None:
    """Tell everything that is known of one day, as JSON.

    What NASA said and when, the row, where it comes from, corrections, and the versions that hold it.
    """
    import psycopg

    from include.apod.formats.store import Store
    from include.apod.history.passport import passport as known_of
    from local.stack.ready import running

    try:
        asked = date.fromisoformat(day)
    except ValueError as error:
        raise StackError(f"{day!r} is no day; write YYYY-MM-DD.") from error
    with (
        opened(live=live) as (stack, _),
        running(stack),
        psycopg.connect(stack.server.dsn("apod"), autocommit=True) as database,
    ):
        known = known_of(Store(stack.layout.store), database, asked)
    typer.echo(json.dumps(known, indent=2, ensure_ascii=False, default=str))


@app.command()
def plot(folder: Annotated[Path, typer.Argument(help="Where the SVG files go.")], live: Live = False) -> None:
    """Draw the calendar, the growth of the archive and NASA's edits."""
    import psycopg

    from include.apod.settings import read_settings
    from include.apod.ui.plots import write
    from local.stack.ready import running

    with (
        opened(live=live) as (stack, _),
        running(stack),
        psycopg.connect(stack.server.dsn("apod"), autocommit=True) as database,
    ):
        settings = read_settings().model_copy(update={"store": stack.layout.store})
        for path in write(folder, database, settings):
            typer.echo(path)


@app.command()
def restore(
    name: Annotated[str, typer.Argument(metavar="[VERSION]", help="A commit, tag, date or latest~N.")] = "",
    to: Annotated[Path | None, typer.Option(help="A folder for the CSV, its description and the raw store.")] = None,
    schema: Annotated[str, typer.Option(help="A PostgreSQL schema for the table.")] = "",
    raw: Annotated[bool, typer.Option("--raw", help="The live raw store: each month file that is not there.")] = False,
    live: Live = False,
) -> None:
    """Bring back a version, beside the live data, or what the live raw store lost.

    The CSV is proven by its md5, the table by its export. Nothing that is there is changed.
    """
    from local.cli.restore import restore_raw, restore_version

    if not raw and not (name and (to or schema)):
        raise StackError("Say what to restore: a VERSION, --to FOLDER or --schema NAME; or --raw, the live raw store.")
    with opened(live=live) as (stack, _):
        if raw:
            with stack.locked():
                typer.echo(restore_raw(stack.layout))
            return
        with archive(stack) as held:
            for sentence in restore_version(stack, held, held.find(name), (to, schema)):
                typer.echo(sentence)


@app.command()
def verify(
    name: Name = "latest",
    every: Annotated[bool, typer.Option("--all", help="All versions.")] = False,
    live: Live = False,
) -> None:
    """Say of a version whether it is pullable, intact and reproducible.

    Pulls it from a fresh clone, compares the md5, and makes the CSV again from the version's raw store with the
    version's code. Exit status 1 where one cannot be had.
    """
    from include.apod.history.verify import verify as look_at

    bad = 0
    with opened(live=live) as (stack, _), archive(stack) as held:
        for version in held.versions if every else [held.find(name)]:
            verdict = look_at(version, held.clone, held.remote, held.workshop)
            bad += not verdict.good
            typer.echo(f"{version.time[:19]}  {version.commit[:12]}  {version.subject}")
            for question in ("pullable", "intact", "reproducible"):
                typer.echo(f"  {question:13} {getattr(verdict, question)}")
    if bad:
        raise StackError(f"{bad} versions cannot be had whole.")


@app.command()
def gc(
    keep_daily: Annotated[int, typer.Option(min=1, help="Keep the CSV of so many of the newest days.")] = 7,
    keep_monthly: Annotated[bool, typer.Option("--keep-monthly", help="Keep one of each month as well.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, only say what would be done.")] = False,
    live: Live = False,
) -> None:
    """Take old CSVs out of the DVC remote that their raw store makes again.

    Each is made again first and goes only where that gives the same bytes. Raw bytes and the newest version stay.
    """
    from include.apod.history.gc import collect, plan

    with opened(live=live) as (stack, _), stack.locked(), archive(stack) as held:
        planned = plan(held.clone, held.versions, keep_daily, monthly=keep_monthly)
        count = len(planned.surplus)
        typer.echo(f"{count} CSVs to take away, {len(planned.kept)} versions keep theirs")
        if not yes:
            for version in planned.surplus:
                typer.echo(f"  would go  {version.time[:10]}  {version.commit[:12]}  {version.csv}")
            typer.echo("Nothing was done; --yes does it." * bool(count), nl=bool(count))
            return
        for version, reason in collect(planned.surplus, held.workshop):
            typer.echo(f"  {'stays, ' + reason if reason else 'gone'}  {version.time[:10]}  {version.commit[:12]}")
