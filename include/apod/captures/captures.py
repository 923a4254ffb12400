"""Where captures are read from: the history of a git repository, or files with a time that a person gives."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from include.apod.adapters.git_history import clone_bare
from include.apod.adapters.scratch import scratch
from include.apod.captures.documents import MOST_BYTES, SUFFIXES
from include.apod.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from pathlib import Path


class Document(NamedTuple):
    """A file of a capture.

    Attributes:
        path: in the repository or folder.
        read: reads its bytes; None where it has too many.
    """

    path: str
    read: Callable[[], bytes | None]


@dataclass(frozen=True)
class Capture:
    """What somebody stored at one time.

    Attributes:
        time: aware.
        commit: 40 hex digits; empty outside git.
        documents: the files that were added or changed.
    """

    time: datetime
    commit: str
    documents: Iterable[Document]


@dataclass(frozen=True)
class Captures:
    """All captures of one place, oldest first.

    Attributes:
        name: of the repository or folder, without credentials.
        each: the captures, read while they are asked for.
        count: how many there are.
        commits: the ids of all of them; none outside git.
    """

    name: str
    each: Iterable[Capture]
    count: int
    commits: frozenset[str] = field(default_factory=frozenset)


def is_repository(path: Path) -> bool:
    """Whether a source is read as a git repository: a folder that is one, or what is no path, so an address."""
    return not path.exists() or (path / ".git").exists() or (path / "objects").is_dir()


@contextmanager
def repository_captures(source: str) -> Iterator[Captures]:
    """The captures in a git repository, a URL or a path: each commit that changed JSON, at its time.

    Raises:
        Misconfigured: it is no repository, or has no commit with a JSON file.
        Unavailable: it does not answer in time.
    """
    with scratch("import") as folder:
        history = clone_bare(source, folder / "clone.git")
        commits = history.commits(*(f"*.{suffix}" for suffix in SUFFIXES))
        if not commits:
            raise Misconfigured(f"No commit of {history.name} has a file that ends in {', '.join(SUFFIXES)}.")
        with history.reader(MOST_BYTES) as read:

            def document(path: str, blob: str) -> Document:
                return Document(path, lambda: read(blob))

            each = (Capture(commit.time, commit.id, (document(*file) for file in commit.files)) for commit in commits)
            yield Captures(history.name, each, len(commits), frozenset(commit.id for commit in commits))


def _read_file(path: Path) -> bytes | None:
    return path.read_bytes() if path.stat().st_size <= MOST_BYTES else None


def folder_captures(source: Path, seen_at: datetime) -> Captures:
    """One capture: the JSON files below a folder, or one file, that were captured at `seen_at` (aware).

    Raises:
        Misconfigured: there is none.
    """
    files = [source] if source.is_file() else sorted(path for path in source.rglob("*") if path.is_file())
    documents = [path for path in files if path == source or path.suffix.lstrip(".").lower() in SUFFIXES]
    if not documents:
        raise Misconfigured(f"Nothing in {source} has a file that ends in {', '.join(SUFFIXES)}.")
    root = source.parent if source.is_file() else source

    def document(path: Path) -> Document:
        return Document(path.relative_to(root).as_posix(), lambda: _read_file(path))

    return Captures(source.resolve().name, [Capture(seen_at, "", [document(path) for path in documents])], 1)
