"""The commands of `./apod` that look at versions and go back to them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path  # noqa: TC003  # typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from local.cli.app import Live, app, opened
from local.stack.errors import StackError

if TYPE_CHECKING:
    from include.apod.history.archive import Archive
    from include.apod.history.diff import Diff
    from include.apod.history.versions import Version
    from local.stack.stack import Stack

Name = Annotated[str, typer.Argument(help="A commit, a tag, a date (YYYY-MM-DD) or latest~N.")]


@app.command()
def versions(live: Live = False) -> None:
    """List the versions, newest first.

    `pullable` is `yes`, `raw` where gc deleted the CSV, which can be made again from its raw store, or `no`.
    """
    from include.apod.history.versions import pullable
    from local.cli.deployment import archive_of

    header = ("committed", "commit", "csv md5", "rows", "changes", "complete", "code", "pullable")
    with opened(live=live) as (stack, _), archive_of(stack) as archive:
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
            for version, state in pullable(archive.versions)
        ]
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _difference(stack: Stack, archive: Archive, before: Version, after: Version) -> Diff:
    """From the ledger in PostgreSQL where that tells, else from the bytes of both."""
    from include.apod.history.diff import from_bytes, from_ledger
    from local.cli.deployment import database_of

    with database_of(stack) as database:
        if (difference := from_ledger(database, before.csv, after.csv)) is not None:
            return difference
    old, new = archive.workshop.folder / "before.csv", archive.workshop.folder / "after.csv"
    archive.workshop.obtain(before, old)
    archive.workshop.obtain(after, new)
    return from_bytes(old, new)


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
    from local.cli.deployment import archive_of
    from local.cli.show import as_csv, as_json, as_text

    with opened(live=live) as (stack, _), archive_of(stack) as archive:
        difference = _difference(stack, archive, archive.find(before), archive.find(after))
    typer.echo({"text": as_text, "csv": as_csv, "json": as_json}[form](difference), nl=False)


@app.command()
def passport(
    day: Annotated[str, typer.Argument(metavar="DATE", help="A day of the archive, YYYY-MM-DD.")],
    live: Live = False,
) -> None:
    """Tell everything that is known of one day, as JSON.

    What NASA said and when, the row, where it comes from, corrections, and the versions that hold it.
    """
    from include.apod.history.passport import passport as passport_of
    from local.cli.deployment import database_of, store_of

    try:
        parsed_day = date.fromisoformat(day)
    except ValueError as error:
        raise StackError(f"{day!r} is no day; write YYYY-MM-DD.") from error
    with opened(live=live) as (stack, _), database_of(stack) as database:
        parts = passport_of(store_of(stack), database, parsed_day)
    typer.echo(json.dumps(parts, indent=2, ensure_ascii=False, default=str))


@app.command()
def plot(folder: Annotated[Path, typer.Argument(help="Where the SVG files go.")], live: Live = False) -> None:
    """Draw the calendar, the growth of the archive and NASA's edits."""
    from include.apod.settings import read_settings
    from include.apod.ui.plots import write
    from local.cli.deployment import database_of

    with opened(live=live) as (stack, _), database_of(stack) as database:
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
    """Restore a version beside the live data, or what the live raw store lost.

    The CSV is proven by its md5, the table by its export. Nothing that is there is changed.
    """
    from local.cli.deployment import archive_of
    from local.cli.restore import Target, restore_live_raw, restore_version

    if not raw and not (name and (to or schema)):
        raise StackError("Say what to restore: a VERSION, --to FOLDER or --schema NAME; or --raw, the live raw store.")
    with opened(live=live) as (stack, _):
        if raw:
            with stack.locked():
                typer.echo(restore_live_raw(stack))
            return
        with archive_of(stack) as archive:
            for sentence in restore_version(stack, archive, archive.find(name), Target(to, schema)):
                typer.echo(sentence)


@app.command()
def export(
    name: Name,
    to: Annotated[Path, typer.Option(help="The file.")],
    form: Annotated[Literal["csv", "parquet", "jsonl", "sqlite"], typer.Option("--format")] = "csv",
    live: Live = False,
) -> None:
    """Write one version as a file: CSV, Parquet, JSON lines, or an SQLite database with the table picture.

    Its CSV is proven by the version's md5 first. A file that is there is never touched.
    """
    from include.apod.history.export import check_export
    from include.apod.history.export import export as export_csv
    from local.cli.deployment import archive_of

    check_export(form, to)
    with opened(live=live) as (stack, _), archive_of(stack) as archive:
        version, csv = archive.find(name), archive.workshop.folder / "export.csv.proven"
        origin = archive.workshop.obtain(version, csv)
        export_csv(csv, form, to)
    typer.echo(f"{to}: version {version.commit[:12]} of {version.time[:10]}, {origin}, md5 {version.csv}")


@app.command()
def verify(
    name: Name = "latest",
    every: Annotated[bool, typer.Option("--all", help="All versions.")] = False,
    live: Live = False,
) -> None:
    """Say of a version whether it is pullable, intact and reproducible.

    Pulls it from a fresh clone, compares the md5, and makes the CSV again from the version's raw store with the
    version's code. Exit status 1 if one is not complete.
    """
    from include.apod.history.verify import verify as verdict_on
    from local.cli.deployment import archive_of

    bad = 0
    with opened(live=live) as (stack, _), archive_of(stack) as archive:
        for version in archive.versions if every else [archive.find(name)]:
            verdict = verdict_on(version, archive.clone, archive.remote, archive.workshop)
            bad += not verdict.good
            typer.echo(f"{version.time[:19]}  {version.commit[:12]}  {version.subject}")
            for question in ("pullable", "intact", "reproducible", "signature"):
                typer.echo(f"  {question:13} {getattr(verdict, question)}")
    if bad:
        raise StackError(f"{bad} versions are not complete.")


@app.command()
def gc(
    keep_daily: Annotated[int, typer.Option(min=1, help="Keep the CSV of so many of the newest days.")] = 7,
    keep_monthly: Annotated[bool, typer.Option("--keep-monthly", help="Keep one of each month as well.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, only say what would be done.")] = False,
    live: Live = False,
) -> None:
    """Delete old CSVs from the DVC remote that can be made again from their raw store.

    Each is made again first, and deleted only if that gives the same bytes. Raw bytes and the newest version stay.
    """
    from include.apod.history.gc import collect, plan
    from local.cli.deployment import archive_of

    with opened(live=live) as (stack, _), stack.locked(), archive_of(stack, every_branch=True) as archive:
        retention = plan(archive.clone, archive.versions, keep_daily, monthly=keep_monthly, remote=archive.remote.url)
        typer.echo(f"{len(retention.surplus)} CSVs to take away, {len(retention.retained)} versions keep theirs")
        if not yes:
            for version, *_ in retention.surplus:
                typer.echo(f"  would go  {version.time[:10]}  {version.commit[:12]}  {version.csv}")
            if retention.surplus:
                typer.echo("Nothing was done; --yes does it.")
            return
        for version, reason in collect(retention.surplus, archive.workshop):
            typer.echo(f"  {f'stays, {reason}' if reason else 'gone'}  {version.time[:10]}  {version.commit[:12]}")
