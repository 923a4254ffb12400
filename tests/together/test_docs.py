"""What the documents list is what the code has."""

import ast
import re
from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from include.apod import errors
from include.apod.formats.columns import COLUMNS
from local.nasa.faults import Kind
from local.stack.layout import Layout
from tests.helpers.project import PROJECT, table
from tests.helpers.wiring import WIRING

README = Path(PROJECT, "README.md").read_text()
CONTRIBUTING = Path(PROJECT, "CONTRIBUTING.md").read_text()


def test_the_data_dictionary_is_the_code():
    """Names, order and meaning of each column."""
    assert [(column.name, column.description) for column in COLUMNS.values()] == [
        (name, meaning) for name, (meaning, *_) in table("data.md", "column").items()
    ]


WALKTHROUGH = Path(PROJECT, "docs/walkthrough.md").read_text()
QUERIES = re.findall(r"^```sql\n(.*?)```", Path(PROJECT, "docs/data.md").read_text(), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("zone", ["UTC", "America/Santiago", "Asia/Tehran", "Pacific/Apia"])
@pytest.mark.parametrize("query", QUERIES)
def test_the_queries_of_the_data_page_work(loaded, database, query, zone):
    """As they stand there, also where clocks change at midnight; the gaps are all days but our two months."""
    database.execute(f"set timezone to '{zone}'")
    rows = database.execute(query).fetchall()
    before = (date(2026, 10, 1) - date(1995, 6, 16)).days

    assert 3 == len(QUERIES)
    assert rows
    assert before == len({day for (day,) in rows}) == len(rows) if "is null" in query else True


@pytest.mark.parametrize("dag", WIRING)
def test_the_readme_has_every_dag_with_its_assets_and_parameters(dag):
    """The table of DAGs."""
    row = next(line for line in README.splitlines() if line.startswith(f"| `{dag}` |"))
    reads, _, tasks, params = WIRING[dag]

    assert [] == [
        name for name in [*reads, *(a for _, assets in tasks for a in assets), *params] if f"`{name}`" not in row
    ]


def test_the_walkthrough_has_every_step_with_its_module():
    """Five steps, numbered as the task has them; one module a step, named by the step."""
    steps = {
        "ingest": "ingest",
        "transform": "load",
        "stage_table": "load",
        "stage_csv": "load",
        "publish": "load",
        "version": "version",
        "commit": "version",
    }
    headings = re.findall(r"^## (\d\. .+)$", WALKTHROUGH, re.MULTILINE)

    assert [] == [step for step in steps if f"(../include/apod/{steps[step]}/{step}.py)" not in WALKTHROUGH]
    assert STEPS == headings
    assert 5 == WALKTHROUGH.count("**Asked**") == WALKTHROUGH.count("**Proof**") == WALKTHROUGH.count("**The log**")
    assert 5 == WALKTHROUGH.count("**What goes wrong elsewhere**") == WALKTHROUGH.count("](pictures/step-")


STEPS = ["1. Extraction", "2. Transformation", "3. Loading", "4. Data versioning", "5. Code versioning"]


def test_the_steps_have_the_same_numbers_everywhere():
    """In README, DAG files and modules: a step has its number and its name together, or at least no other name."""
    names = {step[0]: step[3:].lower() for step in STEPS}
    files = [PROJECT / "README.md", *PROJECT.glob("dags/*.py"), *PROJECT.glob("include/apod/*/*.py")]
    told = [
        (path.name, number, name)
        for path in files
        for number, name in re.findall(r"\b(?:[Ss]tep )?(\d)[.,] ((?:data |code )?[a-z]+)", path.read_text())
        if name in names.values()
    ]

    assert [] == [one for one in told if names[one[1]] != one[2]]
    assert set(names) == {number for _, number, _ in told}


def test_the_readme_is_read_in_minutes():
    """At most 700 words, with the commands and their output."""
    assert len(README.split()) <= 700


def test_the_readme_says_where_the_csv_is():
    """Each of the three places, as settings and compose file have it."""
    layout = Layout(base=PROJECT / ".local")
    compose = (PROJECT / "docker-compose.override.yml").read_text()

    assert f"`{(layout.store / 'apod_data.csv').relative_to(PROJECT)}`" in README
    assert f"`{re.search(r'APOD_STORE: (.+)', compose)[1]}/apod_data.csv`" in README
    assert "*Datasets*" in README


def commands():
    """The commands of `./apod`, by name."""
    from typer.main import get_command

    from local.cli import __main__ as command_line
    from local.cli import captures, history

    assert all((command_line, captures, history))  # a module's commands are known once it is imported
    return get_command(command_line.app).commands


def test_the_commands_page_has_every_command():
    """And none that is not there."""
    listed = set(re.findall(r"`\./apod (\w+)", (PROJECT / "docs" / "commands.md").read_text()))

    assert commands().keys() == listed


def test_every_command_that_a_page_names_is_there():
    """Each `./apod` with its options, and each target of make."""
    pages = [*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md")]
    text = "\n".join(page.read_text() for page in pages if page.name != "CHANGELOG.md")
    options = {name: {option for one in command.params for option in one.opts} for name, command in commands().items()}
    named = re.findall(r"\./apod ([a-z]+)((?:[ \w/~.-]* --[a-z-]+)*)", text)
    targets = set(re.findall(r"^(\w+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))

    assert len(named) > 60
    assert [] == [name for name, _ in named if name not in options]
    assert [] == [
        (name, option)
        for name, words in named
        for option in re.findall(r"--[a-z-]+", words)
        if option not in options[name] | {"--live"}
    ]
    assert set(re.findall(r"(?:`|\$ )make (\w+)", text)) <= targets


def test_the_readme_has_the_year_of_the_costs():
    """What a version a day takes until `./apod gc`."""
    [megabytes] = re.findall(r"365 versions later \| ([\d,.]+)", (PROJECT / "docs" / "costs.md").read_text())

    assert f"{float(megabytes.replace(',', '')) / 1000:.1f} GB a year" in README


def test_the_settings_page_has_every_connection():
    """That any module opens."""
    sources = "".join(path.read_text() for path in PROJECT.glob("include/apod/airflow/*.py"))
    opened = set(re.findall(r"(?:Connection\.get|Hook|options|conn_id)[(=]\"(apod_\w+)\"", sources))

    assert len(opened) >= 6
    assert [] == [name for name in opened if f"`{name}`" not in (PROJECT / "docs" / "settings.md").read_text()]


def test_every_path_that_a_page_names_is_there():
    """In code style, below a folder of ours."""
    pages = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *PROJECT.glob("docs/*.md")]
    named = [
        (page.name, path)
        for page in pages
        for path in re.findall(r"`((?:include|dags|local|tests|tools|bench|docs|plugins)/[\w./-]+)`", page.read_text())
    ]

    assert len(named) > 20
    assert [] == [(page, path) for page, path in named if not (PROJECT / path).exists()]


def test_every_test_says_why():
    """A docstring of one sentence; the name says what."""
    trees = {path: ast.parse(path.read_text()) for path in Path(PROJECT, "tests").rglob("test_*.py")}
    tests = [
        (f"{path.name}: {node.name}", ast.get_docstring(node))
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]

    assert len(tests) > 500
    assert [] == [name for name, docstring in tests if not docstring]


def test_the_map_names_every_folder():
    """And none that is not there."""
    listed = {name.rstrip("/") for name in re.findall(r"^\| `([\w/]+/)` \|", CONTRIBUTING, re.MULTILINE)}
    code = [path.parent for path in PROJECT.glob("include/apod/*/__init__.py")]
    code += [path.parent for path in PROJECT.glob("local/*/__init__.py")]
    folders = {f"{path.relative_to(PROJECT)}" for path in code} | {
        "bench", "dags", "include/sql", "plugins", "tests", "tools",
    }  # fmt: skip

    assert folders == listed


def test_every_link_leads_somewhere():
    """In the README and docs/."""
    pages = [*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md")]
    links = [(page, link) for page in pages for link in re.findall(r"\]\((?!https?:|#)([^)]+)\)", page.read_text())]

    assert [] == [f"{page.name}: {link}" for page, link in links if not (page.parent / link).exists()]


def test_every_thread_has_its_test_and_every_test_its_thread():
    """docs/threads.md and tests/test_threads.py, in the same order."""
    listed = re.findall(r"\| `(test_thread_\w+)` \|$", Path(PROJECT, "docs/threads.md").read_text(), re.MULTILINE)
    written = re.findall(
        r"^def (test_thread_\w+)", Path(PROJECT, "tests/together/test_threads.py").read_text(), re.MULTILINE
    )

    assert listed == written
    assert 25 == len(listed)


def test_every_fault_of_the_stand_in_is_documented():
    """And none that it does not have."""
    listed = re.findall(
        r"^\| `(\w+)` \| a (?:day|request) \|", Path(PROJECT, "docs/stand-in.md").read_text(), re.MULTILINE
    )

    assert [*get_args(Kind)] == listed


def skeleton(node):
    """The words of a message in the code, … for each value."""
    match node:
        case ast.Constant():
            return f"{node.value}"
        case ast.JoinedStr():
            return "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
    return "…"


def messages():
    """Every message that the code raises an error of ours with; those that only pass another's words on say nothing."""
    classes = {name for name, kind in vars(errors).items() if isinstance(kind, type)} | {"Unequal"}
    calls = [
        node
        for path in (PROJECT / "include" / "apod").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and node.args
    ]
    raised = [skeleton(call.args[0]) for call in calls if isinstance(call.func, ast.Name) and call.func.id in classes]
    return [message for message in raised if message.strip("…")]


def test_the_runbook_has_every_message_and_no_other():
    """What it means, what is safe already, what to do."""
    said, entries = messages(), table("runbook.md", "message")
    patterns = {entry: re.compile(".*".join(map(re.escape, entry.split("…")))) for entry in entries}
    without = [message for message in said if not any(pattern.search(message) for pattern in patterns.values())]
    unsaid = [entry for entry, pattern in patterns.items() if not any(map(pattern.search, said))]

    assert len(said) > 60
    assert [] == without
    assert [] == unsaid
    assert all(len(cells) == 3 and all(cells) for cells in entries.values())
