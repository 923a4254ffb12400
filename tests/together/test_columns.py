"""A column more: four files, and versions with different columns live side by side."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from include.apod.adapters.git import Clone, clone_history
from include.apod.history.diff import Values, from_bytes, from_ledger
from include.apod.history.reproduce import Workshop
from include.apod.history.restore import restore_schema
from include.apod.history.verify import verify
from include.apod.history.versions import read_versions
from include.apod.version.release_note import Stamp
from include.apod.version.version import version
from tests.helpers.deployment import environment, postgres_connection
from tests.helpers.project import PROJECT, run
from tests.helpers.repository import CODE
from tests.helpers.steps import edit

DAY = date(2026, 11, 20)
CHANGES = {  # file: what is written in the place of what; the four that CONTRIBUTING.md names
    "include/apod/formats/columns.py": (
        'who do not see it."),\n    )',
        'who do not see it."),\n        Column("place", "Where it was made."),\n    )',
    ),
    "include/apod/sources/planetary.py": ('"thumbnail_url", "copyright")', '"thumbnail_url", "copyright", "place")'),
    "include/apod/formats/fragments.py": ('RULES_VERSION = "', 'RULES_VERSION = "next '),
}
MIGRATION = """-- Purpose: where a picture was made. Safe to repeat: yes.
do $$
begin
    alter table apod.picture add column if not exists place text;
    alter table apod.staging add column if not exists place text;
end
$$
"""
STEPS = """
import json, sys
from datetime import date
from pathlib import Path
import psycopg
from include.apod.adapters.dvc import Remote
from include.apod.adapters.git import Repository
from include.apod.formats.store import Store
from include.apod.load.guards import Allowed
from include.apod.load.publish import LoadInfo, publish
from include.apod.load.stage_csv import stage_csv
from include.apod.load.stage_table import stage_table
from include.apod.load.transform import transform
from include.apod.version.release_note import Stamp
from include.apod.version.version import version

facts = json.loads(sys.argv[1])
store = Store(Path(facts["store"]))
transform(store)
with psycopg.connect(facts["dsn"], autocommit=True) as database:
    stage_table(database, store.clean)
stage_csv(store)
with psycopg.connect(facts["dsn"], autocommit=True) as database:
    publish(database, store, LoadInfo("the next run", facts["code"]), Allowed())
with psycopg.connect(facts["dsn"], autocommit=True) as database:
    repository = Repository(facts["repository"], "main", "APOD pipeline <apod@localhost>")
    stamp = Stamp("the next run", facts["code"], date(2026, 10, 1))
    print(version(repository, Remote(facts["remote"], sys.executable), store, database, stamp).sentence)
"""
PAGE = """
import json, sys
from starlette.testclient import TestClient
from include.apod.ui.app import make_app

with TestClient(make_app()) as http:
    print(json.dumps({path: [(answer := http.get(path)).status_code, answer.text] for path in sys.argv[1:]}))
"""


@dataclass
class Next:
    """The code with a column more, as a git checkout of its own."""

    folder: Path
    commit: str

    def python(self, program, *arguments, **variables):
        """The output of a program that imports this code."""
        command = [sys.executable, "-c", program, *arguments]
        env = {**os.environ, "PYTHONPATH": str(self.folder), **variables}
        result = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr
        return result.stdout.splitlines()[-1]


@pytest.fixture
def following(tmp_path):
    """Today's code in one commit, the column in the next."""
    folder = tmp_path / "the next code"
    shutil.copytree(PROJECT / "include", folder / "include", ignore=shutil.ignore_patterns("__pycache__"))
    git = ("git", "-c", "user.name=A Developer", "-c", "user.email=dev@example.org")
    run("git", "init", "-q", "--initial-branch=main", cwd=folder)
    run("git", "add", ".", cwd=folder)
    run(*git, "commit", "-qm", "today", cwd=folder)
    for name, (before, after) in CHANGES.items():
        text = (folder / name).read_text()
        assert text.count(before) == 1, name
        (folder / name).write_text(text.replace(before, after))
    (folder / "include/sql/schema/099_add_place.sql").write_text(MIGRATION)
    run("git", "add", ".", cwd=folder)
    run(*git, "commit", "-qm", "a column more", cwd=folder)
    return Next(folder, run("git", "rev-parse", "HEAD", cwd=folder))


@pytest.fixture
def archive(following, loaded, database, repository, remote, tmp_path):
    """A version by today's code, and one with a column more: its clone, the two, the newer first, and a workshop."""
    version(repository, remote, loaded, database, Stamp("a run", CODE, date(2026, 10, 1)))
    edit(loaded, DAY, place="Cape Perhaps", title="A Corrected Title")
    facts = {"store": str(loaded.root), "repository": repository.url, "remote": remote.url, "code": following.commit}
    dsn = f"{database.info.dsn} password={database.info.password}"
    sentence = following.python(STEPS, json.dumps({**facts, "dsn": dsn}))
    clone = clone_history(repository, tmp_path / "history")
    versions = read_versions(clone)
    checkouts = (Clone(PROJECT, repository), Clone(following.folder, repository))

    assert "(~1, 54 pictures)" in sentence
    return clone, versions, Workshop(tmp_path, (clone, *checkouts))


def test_a_column_is_four_files(following):
    """The columns, a migration, the source that fills it, the version of the rules."""
    touched = run("git", "diff", "--name-only", "HEAD~1", cwd=following.folder).splitlines()

    assert sorted([*CHANGES, "include/sql/schema/099_add_place.sql"]) == touched
    assert 4 == len(touched)


def test_versions_with_other_columns_are_compared(archive, database, tmp_path):
    """From the ledger and from the bytes, whatever the running code's own columns are."""
    _, (new, old), workshop = archive
    workshop.obtain(old, tmp_path / "old.csv")
    workshop.obtain(new, tmp_path / "new.csv")
    diff = from_bytes(tmp_path / "old.csv", tmp_path / "new.csv")
    title = diff.corrected[f"{DAY}"]["title"].before

    assert {
        f"{DAY}": {"title": Values(title, "A Corrected Title"), "place": Values(None, "Cape Perhaps")}
    } == diff.corrected
    assert diff == from_ledger(database, old.csv, new.csv)
    assert {name: Values(*reversed(pair)) for name, pair in diff.corrected[f"{DAY}"].items()} == from_bytes(
        tmp_path / "new.csv", tmp_path / "old.csv"
    ).corrected[f"{DAY}"]


@pytest.mark.skipif(CODE == "unknown", reason="the project is no git checkout, so it has no commit to go to")
def test_versions_with_other_columns_are_verified(archive, remote):
    """Each by its own code."""
    clone, versions, workshop = archive
    verdicts = [verify(one, clone, remote, workshop) for one in versions]

    assert [("yes", "yes", "yes")] * 2 == [(one.pullable, one.intact, one.reproducible) for one in verdicts]


def test_versions_with_other_columns_are_restored(archive, database, tmp_path):
    """Into a schema with the columns of the version."""
    _, (new, old), workshop = archive
    for name, one in (("newer", new), ("older", old)):
        workshop.obtain(one, tmp_path / f"{name}.csv")
        restore_schema(database, name, tmp_path / f"{name}.csv", one.csv)
    columns = database.execute(
        "select table_schema, count(*) from information_schema.columns where table_name = 'picture' "
        "and table_schema in ('newer', 'older') group by 1 order by 1"
    ).fetchall()

    assert [("newer", 12), ("older", 11)] == columns


def test_the_page_shows_versions_with_other_columns(archive, following, loaded, database, repository, remote):
    """With the code of the newer: both versions, the day, its correction."""
    _, (new, old), _ = archive
    variables = environment(
        store=loaded.root,
        postgres=postgres_connection(database.info),
        repository=repository.url,
        remote=remote.url,
        APOD_SINCE="2026-10-01",
    )
    paths = ["/", f"/day/{DAY}", "/versions", f"/versions/{new.commit}", f"/versions/{old.commit}", "/corrections"]
    pages = json.loads(following.python(PAGE, *paths, **variables))

    assert dict.fromkeys(paths, 200) == {path: status for path, (status, _) in pages.items()}
    assert "Cape Perhaps" in pages[f"/versions/{new.commit}"][1]
    assert "Cape Perhaps" in pages[f"/day/{DAY}"][1]
    assert "Cape Perhaps" in pages["/corrections"][1]
