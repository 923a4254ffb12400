"""The release: what somebody finds who has neither git nor DVC nor our tools."""

import csv
import hashlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml
from obstore.store import LocalStore

from include.apod.adapters.files import md5_of, sha256_of
from include.apod.airflow import tasks
from include.apod.errors import Misconfigured, NotPublished, Unavailable
from include.apod.formats import parquet as parquet_module
from include.apod.formats.columns import COLUMNS
from include.apod.release.release import Target, release
from include.apod.run import Run
from include.apod.settings import Settings
from tests.helpers.deployment import environment, postgres_connection
from tests.helpers.project import PROJECT
from tests.helpers.repository import log
from tests.helpers.steps import edit, load

FILES = {
    "CITATION.cff",
    "README.md",
    "SHA256SUMS",
    "apod_data.csv",
    "apod_data.parquet",
    "corrections.xml",
    "croissant.json",
    "datapackage.json",
}
ATOM = {"atom": "http://www.w3.org/2005/Atom"}


@pytest.fixture
def target(tmp_path):
    folder = tmp_path / "a release"
    folder.mkdir()
    return Target(f"{folder}", LocalStore(folder), 30)


@pytest.fixture
def publish(repository, loaded, database, target):
    """Brings the release in line; `kept` versions stay."""
    return lambda kept=30, to=target: release(repository, None, loaded, database, replace(to, retained=kept))


@pytest.fixture
def released(commit, publish, target):
    """The folder of a release of one version."""
    commit()
    publish()
    return Path(target.address)


def latest_of(folder):
    return json.loads((folder / "latest.json").read_bytes())


def new_version(commit, loaded, database, title="Edited by NASA", day=20):
    edit(loaded, date(2026, 11, day), title=title)
    load(loaded, database)
    return commit().facts["commit"]


def contents(folder):
    return {f"{path.relative_to(folder)}": path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_reader_of_latest_json_finds_all_files_and_can_prove_them(released, bare, loaded):
    """In the folder that it names and in `latest`, with `sha256sum` alone."""
    latest, commit = latest_of(released), log(bare, "%H")
    folder = released / latest["path"]

    assert FILES == {path.name for path in folder.iterdir()} == {path.name for path in (released / "latest").iterdir()}
    assert f"versions/{log(bare, '%cI')[:10]}-{commit[:12]}" == latest["path"]
    assert (commit, md5_of(loaded.csv), sha256_of(loaded.csv), "0123abc") == (
        latest["commit"],
        latest["md5"],
        latest["sha256"],
        latest["code_commit"],
    )
    for place in (folder, released / "latest"):
        subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=place, check=True)
        assert loaded.csv.read_bytes() == (place / "apod_data.csv").read_bytes()
    assert {name: facts["sha256"] for name, facts in latest["files"].items()} == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()
    }


def test_twice_is_once(released, publish):
    """The second one looks, and writes nothing."""
    before = contents(released)
    report = publish()

    assert (False, before) == (report.changed, contents(released))
    assert report.sentence.endswith("is released already")


@pytest.mark.parametrize("lost", ["latest/apod_data.csv", "latest/README.md", "latest.json", "versions"])
def test_what_was_lost_comes_back(released, publish, lost):
    """From state, not from memory."""
    before = contents(released)
    for path in [*(released / lost).rglob("*"), released / lost]:
        if path.is_file():
            path.unlink()
    report = publish()

    assert (True, before) == (report.changed, contents(released))


def test_the_newest_versions_stay(released, commit, publish, loaded, database, target):
    """Retention takes the oldest, never the newest; 0 keeps all."""
    first = latest_of(released)["path"]
    new_version(commit, loaded, database, "Second")
    publish(kept=0)
    second = latest_of(released)["path"]
    new_version(commit, loaded, database, "Third")
    report = publish(kept=1)

    assert {f"versions/{path.name}" for path in (released / "versions").iterdir() if any(path.iterdir())} == {
        latest_of(released)["path"]
    }
    assert len({first, second, latest_of(released)["path"]}) == 3
    assert "2 older versions deleted" in report.sentence


def test_the_parquet_is_the_csv(released):
    """Types, order, one row group a year with its statistics; every value, read by another reader."""
    pytest.importorskip("pyarrow")
    import duckdb
    from pyarrow import parquet

    file = parquet.ParquetFile(released / "latest" / "apod_data.parquet")
    with (released / "latest" / "apod_data.csv").open(newline="") as text:
        header, *rows = csv.reader(text)
    found = duckdb.sql(f"select * from '{released}/latest/apod_data.parquet'").fetchall()
    years = [file.metadata.row_group(n).column(0).statistics for n in range(file.metadata.num_row_groups)]

    assert header == file.schema_arrow.names == [*COLUMNS]
    assert {"date": "date32[day]"} | dict.fromkeys(header[1:], "string") == {
        field.name: f"{field.type}" for field in file.schema_arrow
    }
    assert [[value or None for value in row] for row in rows] == [[f"{day}", *values] for day, *values in found]
    assert [(date(2026, 10, 1), date(2026, 11, 23))] == [(one.min, one.max) for one in years]
    assert {"ZSTD"} == {file.metadata.row_group(0).column(n).compression for n in range(len(header))}


def test_equal_csvs_give_equal_parquet_with_a_row_group_a_year(tmp_path):
    """A reader of one year reads one row group."""
    pq = pytest.importorskip("pyarrow.parquet")
    lines = [",".join(COLUMNS)]
    lines += [
        f'{year}-0{month}-01,"A ""title""",,"image",,,,,"https://a",,' for year in (1999, 2000) for month in (1, 2)
    ]
    (tmp_path / "a.csv").write_text("\n".join(lines) + "\n")
    for name in ("one", "two"):
        parquet_module.write_parquet(tmp_path / "a.csv", tmp_path / name)
    metadata = pq.ParquetFile(tmp_path / "one").metadata

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert [(2, date(1999, 2, 1)), (2, date(2000, 2, 1))] == [
        (group.num_rows, group.column(0).statistics.max) for group in map(metadata.row_group, range(2))
    ]


def test_machines_find_it_valid(released):
    """The formats' own judges: frictionless, mlcroissant, the schema of CITATION.cff."""
    folder = released / "latest"
    package = json.loads((folder / "datapackage.json").read_bytes())
    for command in (
        ["-m", "frictionless", "validate", folder / "datapackage.json"],
        ["-m", "check_jsonschema", "--builtin-schema", "vendor.citation-file-format", folder / "CITATION.cff"],
    ):
        done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
        assert 0 == done.returncode, done.stdout
    assert "https://datapackage.org/profiles/2.0/datapackage.json" == package["$schema"]
    assert latest_of(released)["commit"] == package["version"]
    assert ["apod_data.csv", "apod_data.parquet"] == [resource["path"] for resource in package["resources"]]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the library, about its own
def test_croissant_is_valid_and_gives_the_rows(released):
    """By the library of those who made the format."""
    mlcroissant = pytest.importorskip("mlcroissant")
    dataset = mlcroissant.Dataset(jsonld=f"{released / 'latest' / 'croissant.json'}")
    records = [*dataset.records("pictures")]
    with (released / "latest" / "apod_data.csv").open(newline="") as text:
        rows = [*csv.DictReader(text)]

    assert [] == [*dataset.metadata.issues.errors, *dataset.metadata.issues.warnings]
    assert len(rows) == len(records)
    assert rows[0]["title"] == records[0]["pictures/title"].decode()
    assert rows[0]["date"] == f"{records[0]['pictures/date']:%Y-%m-%d}"


def feed_of(folder):
    return ET.parse(folder / "latest" / "corrections.xml").getroot()


def test_the_feed_says_what_nasa_changed(released, commit, publish, loaded, database):
    """A hostile title stays a text; ids stay the same in the next release."""
    ids = {entry.text for entry in feed_of(released).findall("atom:entry/atom:id", ATOM)}
    made = new_version(commit, loaded, database, "<script>alert(1)</script> & \x0b ]]> | `*`")
    publish()
    entries = feed_of(released).findall("atom:entry", ATOM)
    correction = next(one for one in entries if "NASA changed title" in one.findtext("atom:title", "", ATOM))
    found = [entry.findtext("atom:id", "", ATOM) for entry in entries]

    assert ids < set(found)
    assert len(found) == len(set(found)) == 3
    assert all(entry.findtext("atom:updated", "", ATOM).startswith("20") for entry in entries)
    assert "<script>alert(1)</script> & � ]]> | `*`" in correction.findtext("atom:content", "", ATOM)
    assert made in correction.findtext("atom:content", "", ATOM)


def test_the_card_says_what_is_there_and_what_is_not(released, commit, publish, loaded, database):
    """For a person; a hostile title is shown and does nothing."""
    new_version(commit, loaded, database, "[x](javascript:1) <img src=x> | *", day=23)
    publish()
    card = (released / "latest" / "README.md").read_text()

    assert "54 rows, 2026-10-01 to 2026-11-23" in card
    assert "\\[x\\](javascript:1) &lt;img src=x&gt; \\| \\*" in card
    assert all(f"| `{name}` | {column.description} |" in card for name, column in COLUMNS.items())
    assert all(f"- {gap}: 0" in card for gap in ("no picture", "lost by the source", "unreadable", "missing"))
    assert "- 2026-11-23 `title`: " in card
    assert "Do not filter by it" in card


def test_without_the_parquet_library_the_rest_is_released(commit, publish, target, monkeypatch):
    """And it is said, in the report and on the card."""
    commit()
    monkeypatch.setitem(sys.modules, "pyarrow", None)  # as Python itself notes a package that cannot be imported
    report = publish()
    folder = Path(target.address) / "latest"

    assert FILES - {"apod_data.parquet"} == {path.name for path in folder.iterdir()}
    assert "apod_data.parquet was left out" in report.sentence
    assert "apod_data.parquet was left out" in (folder / "README.md").read_text()


def test_a_folder_of_somebody_else_is_left_alone(commit, publish, target):
    """One word says what is there."""
    commit()
    (Path(target.address) / "thesis.tex").write_text("mine")
    with pytest.raises(Misconfigured, match=r"holds thesis\.tex, which is not ours"):
        publish()

    assert ["thesis.tex"] == [*contents(Path(target.address))]


@pytest.mark.parametrize("content", ["{}", "[]", '{"name": "another"}', "no JSON", ""])
def test_a_latest_json_that_is_not_ours_is_left_alone(commit, publish, target, content):
    """Some other data set's pointer."""
    commit()
    (Path(target.address) / "latest.json").write_text(content)
    with pytest.raises(Misconfigured, match="is not a release of ours"):
        publish()

    assert content == (Path(target.address) / "latest.json").read_text()


def test_a_version_that_the_branch_has_not_is_left_alone(released, commit, publish, loaded, database):
    """Two deployments, one place: the second one says so."""
    path = released / "latest.json"
    path.write_text(path.read_text().replace(latest_of(released)["commit"], "f" * 40))
    new_version(commit, loaded, database)
    before = contents(released)
    with pytest.raises(Misconfigured, match="holds version ffffffffffff, which this branch does not have"):
        publish()

    assert before == contents(released)


def test_a_csv_that_is_nowhere_is_named(released, commit, publish, loaded, database, remote):
    """What was released before stays."""
    commit_id = new_version(commit, loaded, database)
    name = md5_of(loaded.csv)
    (Path(remote.url) / "files" / "md5" / name[:2] / name[2:]).unlink()
    loaded.csv.unlink()
    before = contents(released)
    with pytest.raises(Unavailable, match=f"does not have the CSV of version {commit_id[:12]}"):
        publish()

    assert before == contents(released)


def test_before_the_first_version_there_is_nothing_to_release(publish, target):
    """No folder is begun."""
    with pytest.raises(NotPublished, match="no version to release yet"):
        publish()

    assert {} == contents(Path(target.address))


def test_cut_off_anywhere_the_pointer_names_what_is_whole(commit, publish, loaded, database):
    """An object store that refuses from the n-th file on, as one that is full; the next try mends it."""
    pytest.importorskip("moto")
    from include.apod.adapters.object_store import open_object_store
    from tests.helpers.objects import BUCKET, KEY, SECRET, Objects

    objects = Objects().start()
    options = {"endpoint": objects.url, "region": "us-east-1", "access_key_id": KEY, "secret_access_key": SECRET}
    store = Target(f"s3://{BUCKET}/release", open_object_store(f"s3://{BUCKET}/release", options))
    commit()
    publish(to=store)

    def whole():
        latest = json.loads(objects.read("release/latest.json"))
        return latest["commit"], [
            name
            for name, facts in latest["files"].items()
            if hashlib.sha256(objects.read(f"release/{latest['path']}/{name}")).hexdigest() != facts["sha256"]
        ]

    first, _ = whole()
    second = new_version(commit, loaded, database)
    for allowed in (0, 1, len(FILES) - 1, len(FILES), len(FILES) + 1, 2 * len(FILES)):
        sent = []
        objects.before = lambda environ, sent=sent, allowed=allowed: (
            "403 Forbidden" if environ["REQUEST_METHOD"] == "PUT" and (sent.append(1) or len(sent) > allowed) else None
        )
        with pytest.raises(Misconfigured, match="refuses these credentials"):
            publish(to=store)
        objects.before = lambda _: None
        assert (first, []) == whole()
    publish(to=store)
    found = whole()
    objects.stop()

    assert (second, []) == found


KILLED_AT = """
import os, signal, sys
from include.apod.airflow import tasks
from include.apod.run import Run
left = [int(sys.argv[1])]
def kill(event, _):
    if event == "apod.release.put":
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(kill)
tasks.release(Run("a run"))
"""


@pytest.mark.parametrize("file", [1, len(FILES), len(FILES) + 1, 2 * len(FILES), 2 * len(FILES) + 1])
def test_killed_anywhere_the_next_run_finishes_it(commit, publish, loaded, database, bare, remote, target, file):
    """SIGKILL behind a file; a reader finds the old version whole, or the new one."""
    commit()
    publish()
    first, folder = latest_of(Path(target.address))["commit"], Path(target.address)
    second = new_version(commit, loaded, database)
    postgres = postgres_connection(database.info)
    variables = environment(store=loaded.root, postgres=postgres, repository=bare.as_uri(), remote=Path(remote.url))
    done = subprocess.run(
        [sys.executable, "-c", KILLED_AT, f"{file}"],
        cwd=PROJECT,
        env={**os.environ, **variables, "APOD_RELEASE": target.address},
        check=False,
    )
    latest = latest_of(folder)
    subprocess.run(
        ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=folder / latest["path"], check=True
    )
    last = 2 * len(FILES) + 1
    report = publish()

    assert -signal.SIGKILL == done.returncode
    assert (second if file == last else first) == latest["commit"]
    assert (file < last, second) == (report.changed, latest_of(folder)["commit"])


def test_where_no_release_is_wanted_the_task_is_skipped(deployment):
    """The default."""
    with pytest.raises(NotPublished, match="no release is wanted"):
        tasks.release(Run("a run"))


def test_a_folder_that_is_not_there_is_named(deployment, tmp_path):
    """It is not made: it may be a disk that is not mounted."""
    deployment.set(APOD_RELEASE=f"{tmp_path / 'nowhere'}")
    with pytest.raises(Misconfigured, match="nowhere is no folder"):
        tasks.release(Run("a run"))


@pytest.mark.parametrize("place", ["s3://bucket/path?key=1", "s3://somebody@bucket/path", "file:"])
def test_a_place_with_credentials_is_refused(place):
    """They would end up in logs."""
    with pytest.raises(ValueError, match="without credentials"):
        Settings(release=place)


def test_the_citation_names_the_version(released):
    """What a paper needs."""
    cited = yaml.safe_load((released / "latest" / "CITATION.cff").read_bytes())

    assert (latest_of(released)["commit"], "dataset") == (cited["version"], cited["type"])
    assert f"sha256:{latest_of(released)['sha256']}" == cited["identifiers"][0]["value"]
