"""A repository with versions."""

from datetime import date

import pytest

from include.apod.adapters.git import Clone, clone_history
from include.apod.history.reproduce import Workshop
from include.apod.history.versions import read_versions
from include.apod.version.release_note import Stamp
from include.apod.version.version import version
from tests.helpers.project import PROJECT
from tests.helpers.repository import CODE
from tests.helpers.steps import edit, load

DAY = date(2026, 11, 20)


@pytest.fixture
def commit(loaded, database, repository, remote):
    """A version of what there is, with another title for a day where one is given."""

    def committing(title=None, code=CODE):
        if title:
            edit(loaded, DAY, title=title, seen_at=f"2026-11-24T00:00:{len(title):02}Z")
            load(loaded, database)
        return version(repository, remote, loaded, database, Stamp("a run", code, date(2026, 10, 1)))

    return committing


@pytest.fixture
def history(repository, tmp_path):
    """The clone, its versions and a workshop; made when it is called."""

    def reading():
        clone = clone_history(repository, tmp_path / "history")
        return clone, read_versions(clone), Workshop(tmp_path, (clone, Clone(PROJECT, repository)))

    return reading
