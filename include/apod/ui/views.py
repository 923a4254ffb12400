"""What each view shows, as plain values: rows of PostgreSQL, and what store and repository say."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from difflib import SequenceMatcher
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from psycopg.rows import DictRow, dict_row  # noqa: TID253  # only the server of the page imports this

from include.apod import status
from include.apod.adapters.git import clone_history
from include.apod.adapters.object_store import translating_errors
from include.apod.adapters.scratch import scratch
from include.apod.airflow import connections
from include.apod.days import Span, newest_publishable
from include.apod.errors import ApodError, BadData, Misconfigured, NotPublished, Unavailable
from include.apod.formats import raw as raw_store
from include.apod.formats.coverage import read_coverage
from include.apod.formats.statements import statement
from include.apod.formats.store import PUBLISHED, Store
from include.apod.history.diff import Diff, from_ledger
from include.apod.history.passport import passport
from include.apod.history.versions import pullable, read_versions
from include.apod.settings import read_settings
from include.apod.sources.absence import absent_days, lost_days
from include.apod.ui.lookout import RepositoryState
from include.apod.ui.sources import Comparison, compare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from psycopg import Connection

    from include.apod.run import Report
    from include.apod.settings import Settings
    from include.apod.ui.lookout import Lookout

Row = DictRow  # of PostgreSQL, for a template
GIT_SECONDS = 30  # that a command of git may take for the page
CONNECT_SECONDS = 5  # that PostgreSQL has to answer for it
GALLERY_SIZE = 13  # the newest picture, and twelve before it
PAGE_SIZE = 24  # pictures of a search, corrections, versions
LARGEST_ID = 1 << 62  # larger than any correction_id; PostgreSQL takes no number that is twice as large


def offset(number: int) -> int:
    """A number from an address, as one that PostgreSQL takes."""
    return min(max(number, 0), LARGEST_ID)


@dataclass(frozen=True)
class Page:
    """Rows, and whether there are more after them."""

    rows: list[Row]
    more: bool

    @classmethod
    def of(cls, rows: list[Row]) -> Page:
        """The page of a query that asked for one row more than a page has."""
        return cls(rows[:PAGE_SIZE], len(rows) > PAGE_SIZE)


class Piece(NamedTuple):
    """Part of a text, and what a correction did with it: `same`, `del` or `ins`."""

    change: str
    text: str


@contextmanager
def database() -> Iterator[Connection]:
    """A connection that only reads, and never for long: a page must not stand in a load's way.

    Raises:
        Unavailable, Misconfigured: as `connections.open_database`.
        BadData: there are no tables yet.
    """
    # settings of this transaction alone: behind a pooler the session is not ours, and the next one would find them
    with connections.open_database(CONNECT_SECONDS) as connection, connection.transaction():
        connection.execute("set transaction read only")
        connection.execute("set local statement_timeout = '5s'")
        exists = connection.execute("select to_regclass('apod.version') is not null").fetchone()
        if exists != (True,):
            raise BadData("The database has no archive yet. Trigger apod_ingest; the load that follows makes it.")
        yield connection


def query(connection: Connection, name: str, **values: object) -> list[Row]:
    """The rows of a statement in `include/sql/ui`."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement(f"ui/{name}"), values).fetchall()


def newest(connection: Connection) -> list[Row]:
    """The newest pictures, the newest of all first."""
    return query(connection, "newest", most=GALLERY_SIZE)


def year(connection: Connection, number: int) -> list[Row]:
    """The pictures of a year, in their order."""
    return query(connection, "year", first=date(number, 1, 1), last=date(number, 12, 31))


def chart(connection: Connection, name: str) -> dict[str, list[object]]:
    """What a chart shows: labels and values, from a statement with two columns."""
    rows = [[*row.values()] for row in query(connection, name)]
    return {"labels": [row[0] for row in rows], "values": [row[1] for row in rows]}


def sources(settings: Settings, month: str) -> tuple[Comparison, list[str]]:
    """What both services said of a month, the newest one by default; and the months that there are, newest first.

    Raises:
        BadData: there is no such month.
        Unavailable, Misconfigured: the raw store cannot be read.
    """
    with connections.open_store(settings, "raw", read_only=True) as store:
        months = [*raw_store.states(store.raw)][::-1]
        if month not in months:
            raise BadData(f"There is no raw month {month[:20]!r}; write it as YYYY-MM.")
        return compare(store.raw, month), months


def day_states(connection: Connection) -> dict[date, str]:
    """The state of each day that the database has."""
    return {row["date"]: row["state"] for row in query(connection, "calendar")}


def days_without_picture(settings: Settings) -> dict[date, str]:
    """The days that have no picture, `absent`, or whose source has lost it, `lost`, by the raw store.

    Raises:
        Unavailable, Misconfigured, BadData: it cannot be read.
    """
    with connections.open_store(settings, "raw", read_only=True) as store:
        coverage = read_coverage(store.raw, store.coverage)
    return {**dict.fromkeys(absent_days(coverage), "absent"), **dict.fromkeys(lost_days(coverage), "lost")}


def versions(connection: Connection, skipped: int = 0) -> Page:
    """The versions, newest first."""
    return Page.of(query(connection, "versions", most=PAGE_SIZE + 1, skipped=skipped))


def version(connection: Connection, commit: str) -> tuple[Row, Diff | None]:
    """A version, and what changed since the one before it; None where the loads do not tell.

    Raises:
        BadData: PostgreSQL has no such version.
    """
    rows = query(connection, "version_pair", commit=commit.replace("\0", ""))
    if not rows:
        raise BadData(f"No version {commit[:60]!r} is known to PostgreSQL. ./apod versions lists what git knows.")
    before = rows[0]["md5_before"]
    return rows[0], from_ledger(connection, before, rows[0]["md5"]) if before else None


def corrections(connection: Connection, before: int = LARGEST_ID) -> Page:
    """NASA's silent edits, newest first, each with the pieces of its text."""
    rows = query(connection, "corrections", before=before, most=PAGE_SIZE + 1)
    for row in rows:
        row["pieces"] = word_diff(row["before"] or "", row["after"] or "")
    return Page.of(rows)


def word_diff(before: str, after: str) -> list[Piece]:
    """The pieces of a corrected text, word by word."""
    old, new = before.split(" "), after.split(" ")
    pieces = []
    for operation, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if operation == "equal":
            pieces.append(Piece("same", " ".join(old[i:j])))
            continue
        if j > i:
            pieces.append(Piece("del", " ".join(old[i:j])))
        if m > k:
            pieces.append(Piece("ins", " ".join(new[k:m])))
    return pieces


def search(connection: Connection, words: str, skipped: int = 0) -> tuple[int, Page]:
    """How many pictures have these words, and a page of them."""
    total = connection.execute(statement("ui/count_matches"), {"words": words}).fetchone()
    rows = query(connection, "search", words=words, most=PAGE_SIZE + 1, skipped=skipped)
    return total[0] if total else 0, Page.of(rows)


def day(connection: Connection, settings: Settings, when: date) -> tuple[dict[str, list[Row]], str]:
    """A day's passport, and the reason if NASA's own records cannot be read.

    Raises:
        BadData: nothing is known of the day.
    """
    try:
        with connections.open_store(settings, "raw", read_only=True) as store:
            return passport(store, connection, when), ""
    except (Unavailable, Misconfigured) as error:
        with TemporaryDirectory() as folder:
            return passport(Store(Path(folder)), connection, when), f"{error}"


def _sentence(look: Callable[[], Report]) -> str:
    """The sentence of a status, or the error."""
    try:
        return look().sentence
    except ApodError as error:
        return f"unknown: {error}"


def look_at_repository() -> RepositoryState:
    """Clones the history of the repository, and lists the DVC remote. Slow: for the lookout.

    Raises:
        Unavailable, Misconfigured: repository or remote do not answer.
    """
    with connections.open_repository(read_settings(), GIT_SECONDS) as repository, scratch("ui") as folder:
        history = read_versions(clone_history(repository, folder / "clone"))
        states = {version.commit: state for version, state in pullable(history)}
        return RepositoryState(repository.branch, history[0].csv if history else None, states)


def backlog(lookout: Lookout) -> dict[str, str]:
    """What each DAG still has to do, or why nobody can say."""
    settings, now = read_settings(), datetime.now(UTC)

    def ingest() -> Report:
        with connections.open_store(settings, "raw", read_only=True) as store:
            return status.ingest_status(store, Span(settings.since, newest_publishable(now)), now)

    def load() -> Report:
        with (
            connections.open_database(CONNECT_SECONDS) as connection,
            connections.open_store(settings, "raw", "clean", PUBLISHED, read_only=True) as store,
        ):
            return status.load_status(store, connection)

    def publish() -> Report:
        finding = lookout.finding()
        if finding.state is None:
            raise Unavailable(finding.problem)
        with connections.open_store(settings, PUBLISHED, read_only=True) as store:
            report = status.version_status(store, finding.state.branch, finding.state.csv)
        return replace(report, sentence=f"{report.sentence} (seen {finding.age_seconds:.0f} s ago)")

    return {"apod_ingest": _sentence(ingest), "apod_load": _sentence(load), "apod_version": _sentence(publish)}


def version_states(lookout: Lookout) -> dict[str, str]:
    """For each version, newest first, whether its remote has its bytes: `yes`, `raw`, `no`.

    Raises:
        Unavailable: repository or remote did not answer at the last look.
    """
    finding = lookout.finding()
    if finding.state is None:
        raise Unavailable(finding.problem)
    return {**finding.state.pullable}


def feed() -> bytes:
    """The feed of the newest release, as it stands there.

    Raises:
        NotPublished: no release is wanted, or there is none yet.
        Unavailable, Misconfigured: its place does not answer, or refuses us.
    """
    target = connections.open_release(read_settings())
    with translating_errors(f"The release {target.address}"):
        content = target.read("latest/corrections.xml")
    if content is None:
        raise NotPublished("There is no release yet; ./apod trigger version makes one.")
    return content
