"""What each view shows, as plain values: rows of PostgreSQL, and what store and repository say."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from difflib import SequenceMatcher
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row  # noqa: TID253  # only the server of the page imports this

from include.apod import status
from include.apod.adapters.scratch import scratch
from include.apod.adapters.sql import statement
from include.apod.airflow import connections
from include.apod.days import Span, newest_publishable
from include.apod.errors import ApodError, BadData, Misconfigured, Unavailable
from include.apod.formats.coverage import read_coverage
from include.apod.formats.store import PUBLISHED, Store
from include.apod.history.diff import Diff, from_ledger
from include.apod.history.passport import passport
from include.apod.history.versions import clone_history, pullable, read_versions
from include.apod.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from psycopg import Connection

    from include.apod.run import Report
    from include.apod.settings import Settings

Row = dict[str, Any]
PAGE = 24  # pictures of a search, corrections, versions
NEWEST = 1 << 62  # a correction_id beyond all


@dataclass(frozen=True)
class Page:
    """Rows, and whether there are more behind them."""

    rows: list[Row]
    more: bool


@contextmanager
def database() -> Iterator[Connection]:
    """Read only, and never for long: a page must not stand in a load's way.

    Raises:
        Unavailable, Misconfigured: as `connections.open_database`.
        BadData: there are no tables yet.
    """
    with connections.open_database() as connection:
        connection.execute("set default_transaction_read_only = on")
        connection.execute("set statement_timeout = '5s'")
        if not connection.execute("select to_regclass('apod.version')").fetchone()[0]:  # type: ignore[index]
            raise BadData("The database has no archive yet. Trigger apod_ingest; the load that follows makes it.")
        yield connection


def rows(connection: Connection, name: str, **values: Any) -> list[Row]:
    """The rows of a statement of `include/sql/ui`."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement(f"ui/{name}"), values).fetchall()


def newest(connection: Connection) -> Row | None:
    """The newest picture; None in an empty archive."""
    return next(iter(rows(connection, "newest")), None)


def days(connection: Connection) -> dict[date, str]:
    """The state of each day that the database knows of."""
    return {row["date"]: row["state"] for row in rows(connection, "calendar")}


def empty_days(settings: Settings) -> frozenset[date]:
    """The days that are proven to have no picture, as the raw store says.

    Raises:
        Unavailable, Misconfigured, BadData: it cannot be read.
    """
    with connections.open_store(settings, "raw") as store:
        return frozenset(read_coverage(store.raw, None).proven_empty)


def versions(connection: Connection, skipped: int = 0) -> Page:
    found = rows(connection, "versions", most=PAGE + 1, skipped=skipped)
    return Page(found[:PAGE], len(found) > PAGE)


def version(connection: Connection, commit: str) -> tuple[Row, Diff | None]:
    """A version and what changed since the one before it; None where the loads do not tell.

    Raises:
        BadData: PostgreSQL knows of no such version.
    """
    found = rows(connection, "version_pair", commit=commit)
    if not found:
        raise BadData(f"No version {commit[:60]!r} is known to PostgreSQL. ./apod versions lists what git knows.")
    before = found[0]["md5_before"]
    return found[0], from_ledger(connection, before, found[0]["md5"]) if before else None


def corrections(connection: Connection, before: int = NEWEST) -> Page:
    """NASA's silent edits, newest first, each with its values as words that stayed, went and came."""
    found = rows(connection, "corrections", before=before, most=PAGE + 1)
    for row in found:
        row["words"] = word_diff(row["before"] or "", row["after"] or "")
    return Page(found[:PAGE], len(found) > PAGE)


def word_diff(before: str, after: str) -> list[tuple[str, str]]:
    """Pieces of a text with what became of them: `same`, `del` or `ins`."""
    old, new = before.split(" "), after.split(" ")
    pieces = []
    for what, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            pieces.append(("same", " ".join(old[i:j])))
            continue
        pieces += [("del", " ".join(old[i:j]))] * (j > i) + [("ins", " ".join(new[k:m]))] * (m > k)
    return pieces


def search(connection: Connection, words: str, skipped: int = 0) -> tuple[int, Page]:
    """How many pictures have these words, and some of them."""
    total = connection.execute(statement("ui/count_found"), {"words": words}).fetchone()
    found = rows(connection, "search", words=words, most=PAGE + 1, skipped=skipped)
    return total[0] if total else 0, Page(found[:PAGE], len(found) > PAGE)


def day(connection: Connection, settings: Settings, when: date) -> tuple[dict[str, Any], str]:
    """A day's passport, and why NASA's own words are not in it, where they are not.

    Raises:
        BadData: nothing is known of the day.
    """
    try:
        with connections.open_store(settings, "raw") as store:
            return passport(store, connection, when), ""
    except (Unavailable, Misconfigured) as error:
        with TemporaryDirectory() as folder:
            return passport(Store(Path(folder)), connection, when), f"{error}"


def backlog() -> dict[str, str]:
    """What each DAG still has to do, or why nobody can say."""
    settings, now = read_settings(), datetime.now(UTC)

    def ingest() -> Report:
        with connections.open_store(settings, "raw") as store:
            return status.ingest_status(store, Span(settings.since, newest_publishable(now)), now)

    def load() -> Report:
        with (
            connections.open_database() as opened,
            connections.open_store(settings, "raw", "clean", PUBLISHED) as store,
        ):
            return status.load_status(store, opened)

    def publish() -> Report:
        with connections.open_repository(settings) as repository, connections.open_store(settings, PUBLISHED) as store:
            return status.version_status(store, repository)

    return {"apod_ingest": _said(ingest), "apod_load": _said(load), "apod_version": _said(publish)}


def _said(look: Callable[[], Report]) -> str:
    try:
        return look().sentence
    except ApodError as error:
        return f"cannot be told: {error}"


def states() -> dict[str, str]:
    """For each version, newest first, whether its remote has its bytes: `yes`, `raw`, `no`.

    Raises:
        Unavailable, Misconfigured: repository or remote do not answer.
    """
    with connections.open_repository(read_settings()) as repository, scratch("ui") as folder:
        found = read_versions(clone_history(repository, folder / "clone"))
        return {one.commit: how for one, how in pullable(found)}
