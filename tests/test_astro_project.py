"""What makes this an Astro project, as far as it can be held to it without Docker."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import PROJECT

CONNECTION_KEYS = {
    "conn_id", "conn_type", "conn_host", "conn_schema", "conn_login", "conn_password", "conn_port", "conn_uri",
    "conn_extra",
}  # fmt: skip
CODE = [*PROJECT.glob("dags/*.py"), *PROJECT.glob("include/**/*.py")]


def lines(name):
    """The lines of a list file that say something."""
    return [
        line.split("#")[0].strip()
        for line in Path(PROJECT, name).read_text().splitlines()
        if line.split("#")[0].strip()
    ]


def settings():
    return yaml.safe_load(Path(PROJECT, "airflow_settings.yaml").read_text())["airflow"]


@pytest.mark.parametrize(
    "path",
    [
        "Dockerfile", "requirements.txt", "packages.txt", "airflow_settings.yaml", "docker-compose.override.yml",
        ".dockerignore", ".gitignore", ".astro/config.yaml", ".astro/test_dag_integrity_default.py",
        ".astro/dag_integrity_exceptions.txt", "dags", "include", "plugins", "tests",
    ],
)  # fmt: skip
def test_what_the_cli_looks_for_is_there(path):
    """ONBUILD copies some of them, `astro dev` reads the others."""
    assert Path(PROJECT, path).exists()


def test_the_first_from_is_a_pinned_runtime():
    """The CLI reads the tag from it, also for standalone mode."""
    first = lines("Dockerfile")[0]

    assert re.fullmatch(r"FROM astrocrpublic\.azurecr\.io/runtime:3\.3-\d+-python-3\.1[123]", first)


def test_the_local_database_is_new_enough():
    """Airflow 3.2 and later need PostgreSQL 13; an old CLI's default is 12."""
    config = yaml.safe_load(Path(PROJECT, ".astro/config.yaml").read_text())

    assert config["project"]["name"]
    assert int(config["postgres"]["tag"]) >= 13


def test_connections_have_only_keys_that_the_cli_reads():
    """An unknown key is ignored there without a word; conn_extra must be a string to keep its case."""
    connections = settings()["connections"]

    assert ["apod_api", "apod_postgres", "apod_git"] == [connection["conn_id"] for connection in connections]
    assert set() == {key for connection in connections for key in connection} - CONNECTION_KEYS
    assert [] == [c for c in connections if not isinstance(c.get("conn_extra", ""), str)]


def test_requirements_leave_airflow_to_the_image():
    """And hold no local path, which would not be there yet when they are installed."""
    names = [re.match(r"[\w.-]+", line).group() for line in lines("requirements.txt")]

    assert "apache-airflow" not in names
    assert [] == [line for line in lines("requirements.txt") if line.startswith(("-", ".", "/")) or "@" in line]


def test_every_provider_we_import_is_required():
    """Standalone mode has none but Airflow's own."""
    imported = {
        match
        for path in CODE
        for match in re.findall(r"from airflow\.providers\.([\w.]+?)\.(?:hooks|operators)", path.read_text())
    }
    required = {
        line.split("providers-")[1].split("=")[0].split(">")[0]
        for line in lines("requirements.txt")
        if "providers-" in line
    }

    assert imported - required == set()


def test_the_lock_holds_every_requirement_with_a_hash_and_no_address():
    """Valid for Python 3.11 to 3.13, from any index."""
    lock = Path(PROJECT, "requirements.lock").read_text()
    pinned = set(re.findall(r"^([\w.-]+)==", lock, re.MULTILINE))
    wanted = {re.match(r"[\w.-]+", line).group() for line in lines("requirements.txt")} | {"apache-airflow"}

    assert wanted - pinned == set()
    assert len(pinned) <= lock.count("--hash=sha256:")
    assert "://" not in lock


def test_packages_name_what_the_steps_call():
    """The runtime image has no git."""
    assert {"git", "openssh-client"} <= set(lines("packages.txt"))


def test_no_code_depends_on_where_the_project_is_mounted():
    """On Astro, DAGs lie elsewhere than in the image, and standalone mode has another home."""
    assert [] == [
        path.name for path in CODE if "/usr/local/airflow" in path.read_text() or "AIRFLOW_HOME" in path.read_text()
    ]


def test_nothing_secret_or_large_enters_the_image():
    """And nothing that is needed is left out."""
    ignored = lines(".dockerignore")

    assert {".git", ".env", "airflow_settings.yaml", ".local/", "data/"} <= set(ignored)
    assert set() == {"dags", "dags/", "include", "include/", ".astro", ".astro/", "requirements.txt"} & set(ignored)


def test_it_is_not_a_project_of_the_clis_second_version():
    """Its table in pyproject.toml would change what `astro deploy` does."""
    assert "[tool.astro]" not in Path(PROJECT, "pyproject.toml").read_text()


def test_the_parse_test_passes_as_astro_dev_parse_runs_it(tmp_path):
    """From a copy without what .dockerignore names, which proves that no .git is needed."""
    home = tmp_path / "airflow"
    home.mkdir()
    subprocess.run(
        ["cp", "-r", *(str(PROJECT / name) for name in ("dags", "include", ".astro", "pyproject.toml")), home],
        check=True,
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", ".astro/test_dag_integrity_default.py"],
        cwd=home, capture_output=True, text=True, check=False,
        env={**os.environ, "AIRFLOW_HOME": str(home), "PYTHONPATH": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"},
    )  # fmt: skip

    assert (0, True) == (done.returncode, "1 passed" in done.stdout), done.stdout + done.stderr


def test_every_action_is_pinned_by_its_commit():
    """A tag can be moved to other code; beside the commit stands the version that it is."""
    used = [
        line.partition("uses:")[2].strip()
        for path in (PROJECT / ".github" / "workflows").glob("*.yml")
        for line in path.read_text().splitlines()
        if "uses:" in line
    ]

    assert used
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", use) for use in used)
