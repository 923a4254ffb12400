"""What makes this an Astro project, as far as it can be held to it without Docker."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from include.apod.adapters.commits import checkout_version
from include.apod.version.draft import DATA_FILES, DVC_FILES
from tests.helpers.project import PROJECT

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


def names(path):
    return {re.match(r"[\w.-]+", line).group() for line in lines(path)}


def test_requirements_leave_airflow_to_the_image():
    """They hold what the image does not bring, pinned, and no path, which would not be there yet."""
    brought = ("apache-airflow==", "apache-airflow-providers-standard", "pydantic==", "pytest")

    assert [] == [line for line in lines("requirements.txt") if line.startswith(brought)]
    assert [] == [line for line in lines("requirements.txt") if "==" not in line or line.startswith(("-", ".", "/"))]


def test_every_provider_we_import_is_required():
    """Those that the image brings need no pin, but standalone mode has none but Airflow's own."""
    imported = {
        match.replace(".", "-")
        for path in CODE
        for match in re.findall(r"from airflow\.providers\.([\w.]+?)\.(?:hooks|operators)", path.read_text())
    }

    assert imported - {name.partition("providers-")[2] for name in names("requirements.in")} == set()


def test_the_lock_holds_every_requirement_with_a_hash_and_no_address():
    """Valid for Python 3.11 to 3.13, from any index; the image has the same versions."""
    lock = Path(PROJECT, "requirements.lock").read_text()
    pinned = set(re.findall(r"^([\w.-]+)==", lock, re.MULTILINE))
    wanted = names("requirements.in") | {"apache-airflow"}

    assert wanted - pinned == set()
    assert len(pinned) <= lock.count("--hash=sha256:")
    assert "://" not in lock
    assert [] == [line for line in lines("requirements.txt") if line not in lock]


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


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ("vendor.compose-spec", "docker-compose.override.yml"),
        ("vendor.github-workflows", ".github/workflows/ci.yml"),
        ("vendor.github-workflows", ".github/workflows/deploy.yml"),
    ],
)
def test_what_others_read_has_the_form_that_they_publish(schema, path):
    """Compose files and workflows against the published schemas."""
    command = [Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema", schema, PROJECT / path]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)

    assert 0 == done.returncode, done.stdout


def test_the_code_is_ready_for_the_next_airflow():
    """What `astro dev upgrade-test` and Airflow's own rules look for."""
    ruff = Path(sys.executable).with_name("ruff")
    command = [ruff, "check", "--isolated", "--preview", "--select=AIR3", "dags", "include", "tests", "plugins"]
    done = subprocess.run([*map(str, command)], cwd=PROJECT, capture_output=True, text=True, check=False)

    assert 0 == done.returncode, done.stdout


def test_a_version_of_the_data_deploys_nothing():
    """What a version changes is ignored by its path, and its message by how it begins."""
    deploy = yaml.safe_load((PROJECT / ".github" / "workflows" / "deploy.yml").read_text())
    ignored = [
        re.compile(glob.replace(".", r"\.").replace("**", ".*")) for glob in deploy["on"]["push"]["paths-ignore"]
    ]
    files = [*DATA_FILES, *DVC_FILES]

    assert [] == [name for name in files if not any(pattern.fullmatch(name) for pattern in ignored)]
    assert [] != [
        name for name in ("include/apod/version/version.py",) if not any(one.fullmatch(name) for one in ignored)
    ]
    assert "'data: '" in deploy["jobs"]["deploy"]["if"]


def test_an_image_knows_the_commit_it_is_of(tmp_path):
    """It has no .git; the deploy writes the commit beside the code."""
    nothing = checkout_version(tmp_path)
    (tmp_path / ".code-version").write_text("0123abc\n")

    assert ("unknown", "0123abc") == (nothing, checkout_version(tmp_path))


def test_the_stand_in_of_the_compose_file_has_all_it_imports(tmp_path):
    """An interpreter with the packages that the service installs, and nothing else."""
    service = yaml.safe_load((PROJECT / "docker-compose.override.yml").read_text())["services"]["nasa"]
    named = re.search(r"ignore (.*?) &&", " ".join(service["command"])).group(1).split()
    program = "import sys, local.nasa.__main__; print(sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True)
    foreign = {
        "bs4",
        "starlette",
        "typer",
        "uvicorn",
        "pydantic",
        "pandas",
        "airflow",
        "psycopg",
        "yaml",
        "httpx",
        "requests",
    }
    imported = {"beautifulsoup4" if name == "bs4" else name for name in eval(done.stdout) if name in foreign}

    assert imported - {*named} == set()


def test_the_page_sees_the_store_under_astro_dev():
    """The API server has the same volume and settings as the scheduler, which runs the tasks."""
    services = yaml.safe_load((PROJECT / "docker-compose.override.yml").read_text())["services"]

    for part in ("environment", "volumes"):
        assert services["scheduler"][part] == services["api-server"][part]
