"""The DAGs as Airflow parses them, against one literal table."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.wiring import WIRING

DAGS = Path(__file__).resolve().parents[2] / "dags"
FILES = sorted(DAGS.glob("*.py"))

EDGES = {
    ("await_picture", "ingest"),
    ("transform", "stage_csv"),
    ("transform", "stage_table"),
    ("stage_csv", "publish"),
    ("stage_table", "publish"),
    ("publish", "index"),
    ("index", "check"),
    ("version", "release"),
}


@pytest.fixture(scope="module")
def bag():
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(str(DAGS))


def reads(dag):
    return [asset.name for asset in getattr(getattr(dag.timetable, "asset_condition", None), "objects", [])]


def clock(dag):
    timetable = getattr(dag.timetable, "timetable", dag.timetable)
    return timetable.expression if str(timetable.timezone) == "America/New_York" else f"{timetable.timezone}"


def published(task):
    return (task.task_id, [asset.name for asset in task.outlets])


def test_every_file_imports(bag):
    """A file that does not would vanish from Airflow without a word."""
    assert bag.import_errors == {}


def test_dags_read_and_publish_what_the_table_says(bag):
    """A renamed asset, task, parameter or clock breaks this."""
    parsed = {
        name: (reads(dag), clock(dag), sorted(map(published, dag.tasks)), sorted(dag.params))
        for name, dag in bag.dags.items()
    }

    assert {name: (a, b, sorted(tasks), params) for name, (a, b, tasks, params) in WIRING.items()} == parsed


def test_tasks_run_in_the_order_of_the_data(bag):
    """stage_table and stage_csv side by side."""
    edges = {
        (task.task_id, below) for dag in bag.dags.values() for task in dag.tasks for below in task.downstream_task_ids
    }

    assert edges == EDGES


def test_assets_keep_their_names_and_uris(bag):
    """Airflow fails the tasks of an asset whose URI changed."""
    assets = {(a.name, a.uri, a.group) for dag in bag.dags.values() for task in dag.tasks for a in task.outlets}

    assert assets == {
        ("apod_raw", "x-apod://raw", "apod"),
        ("apod_table", "x-apod://table", "apod"),
        ("apod_csv", "x-apod://csv", "apod"),
        ("apod_version", "x-apod://version", "apod"),
    }


@pytest.mark.parametrize("name", WIRING)
def test_a_dag_runs_once_at_a_time_and_retries(bag, name):
    """No catch-up: the daily run is the catch-up."""
    dag = bag.dags[name]

    assert (1, False, {"apod"}) == (dag.max_active_runs, dag.catchup, set(dag.tags))
    assert (dag.default_args["retries"], dag.default_args["owner"]) == (3, "apod")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_dag_file_is_a_table_of_contents(path):
    """Wiring only: no branches, loops, functions or formatted text; under 60 lines."""
    source = path.read_text()
    logic = (ast.If, ast.For, ast.While, ast.Try, ast.FunctionDef, ast.Lambda, ast.JoinedStr)

    assert len(source.splitlines()) < 60
    assert [node for node in ast.walk(ast.parse(source)) if isinstance(node, logic)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_dags_docstring_is_the_runbooks_first_page(path):
    """The person on call reads it in the UI."""
    docstring = ast.get_docstring(ast.parse(path.read_text()))

    assert [
        fact
        for fact in ("**Reads**", "**Publishes**", "**May it be re-run?**", "**When red**")
        if fact not in docstring
    ] == []


def test_parsing_imports_nothing_heavy():
    """Each costs up to a second at every parse, and in every task again."""
    program = (
        "import sys, runpy; [runpy.run_path(path) for path in sys.argv[1:]];"
        "print(sorted({'pandas', 'psycopg', 'requests', 'dvc'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, FILES)], cwd=DAGS.parent, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "[]"


def test_the_domain_does_not_know_airflow():
    """Only these modules may; whatever a task does, a plain call does."""
    package = DAGS.parent / "include" / "apod"
    knowing = {path.parent.name for path in package.rglob("*.py") if "from airflow" in path.read_text()}

    assert {"airflow"} == knowing
