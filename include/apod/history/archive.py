"""The whole history of a repository, opened to ask things of it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.apod.adapters.git import Clone, clone_history
from include.apod.adapters.scratch import scratch
from include.apod.errors import NotPublished
from include.apod.history.reproduce import Workshop
from include.apod.history.versions import Version, read_versions, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from include.apod.adapters.dvc import Remote
    from include.apod.adapters.git import Repository


@dataclass(frozen=True)
class Archive:
    """A repository's history in a throw-away clone.

    Attributes:
        clone: with all commits of the branch and all tags.
        versions: newest first; at least one.
        remote: the DVC remote, and an interpreter that has DVC.
        workshop: where versions are reproduced.
    """

    clone: Clone
    versions: list[Version]
    remote: Remote
    workshop: Workshop

    def find(self, name: str) -> Version:
        """The version that a commit, a tag, a date or `latest~N` names.

        Raises:
            Misconfigured: there is none.
        """
        return resolve(self.clone, self.versions, name)


@contextmanager
def open_archive(
    repository: Repository, remote: Remote, checkout: Path, *, every_branch: bool = False
) -> Iterator[Archive]:
    """Opens the history of a repository; the code of its versions may also be found in `checkout`.

    With `every_branch` the clone has the other branches, too; the versions are those of the repository's own.

    Raises:
        NotPublished: there is no version yet.
        Unavailable, Misconfigured: git's own message, and what to check.
    """
    with scratch("history") as folder:
        clone = clone_history(repository, folder / "clone", every_branch=every_branch)
        versions = read_versions(clone, remote.url)
        if not versions:
            raise NotPublished("There is no version yet; ./apod run makes one.")
        yield Archive(clone, versions, remote, Workshop(folder, (clone, Clone(checkout, repository))))
