"""Where the code of a version is looked for."""

from datetime import date

import pytest

from include.apod.errors import Unavailable
from tests.helpers.project import run

DAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("code", "match"),
    [("unknown", "its code, unknown, is in no repository here"), ("0" * 40, "is in no repository here")],
)
def test_code_that_is_nowhere_is_said(commit, history, tmp_path, code, match):
    """A checkout with changes that were never committed, or a private repository."""
    commit(code=code)
    _, found, workshop = history()
    with pytest.raises(Unavailable, match=match):
        workshop.reproduce(found[0], tmp_path / "made.csv")


def test_code_that_is_too_old_is_said(commit, history, bare, tmp_path):
    """The commit is there, the command is not."""
    commit(code=run("git", "rev-parse", "main", cwd=bare))
    _, found, workshop = history()
    with pytest.raises(Unavailable, match="is older than the command that makes a CSV again"):
        workshop.reproduce(found[0], tmp_path / "made.csv")
