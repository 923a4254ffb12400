"""The whole job through the real scheduler, twice, checked from outside with psql, md5sum, git and dvc only."""

import csv
import io
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
from datetime import UTC, date, datetime

import httpx
import pytest

from include.apod.days import DAY, Span, newest_publishable
from tests.helpers.project import PROJECT, run

pytestmark = pytest.mark.stack
EXPORT = """columns=$(head -n 1 "$APOD_STORE/apod_data.csv")
        options="format csv, header, force_quote (${columns#date,})"
        psql -qXc "copy (select $columns from apod.picture order by date) to stdout with ($options)\""""


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """Where the stack of this test lives; a folder with a space in its name, as users have them."""
    return tmp_path_factory.mktemp("a local stack")


def apod(local, *words):
    """What `./apod` printed; a failure shows all of it."""
    env = {**os.environ, "APOD_LOCAL": str(local)}
    done = subprocess.run([PROJECT / "apod", *words], capture_output=True, text=True, check=False, timeout=600, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def shell(local, script):
    """What a line of shell prints to somebody who has typed `eval "$(./apod env)"`."""
    exports = f'eval "$({shlex.quote(str(PROJECT / "apod"))} env)"; set -eu; {script}'
    return run("bash", "-c", exports, cwd=local, env={**os.environ, "APOD_LOCAL": str(local)})


def leftovers(local):
    """Processes that still mention the stack's folder."""
    listed = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if str(local) in line and "pytest" not in line]


def md5s(local):
    """md5 of the table's own export, of the CSV, and the one in the committed pointer."""
    return shell(
        local,
        f"""{EXPORT} | md5sum | cut -d' ' -f1
        md5sum < "$APOD_STORE/apod_data.csv" | cut -d' ' -f1
        git -C demo/github.git show main:data/apod_data.csv.dvc | sed -n 's/^- md5: //p'""",
    ).split()


def stopped(local, ending):
    """Starts a run and sends it a signal when Airflow is starting; returns its exit status."""
    env = {**os.environ, "APOD_LOCAL": str(local)}
    with subprocess.Popen(
        [PROJECT / "apod", "run"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env
    ) as begun:
        next(line for line in begun.stdout if b"starting Airflow" in line)
        begun.send_signal(ending)
        begun.stdout.read()
    return begun.returncode


@pytest.fixture(scope="module")
def interrupted(local):
    """The exit status of a run that got Ctrl-C, and what it left running."""
    return stopped(local, signal.SIGINT), leftovers(local)


@pytest.fixture(scope="module")
def killed(local, interrupted):
    """The exit status of a run that was killed outright: its processes live on, its files are stale."""
    return interrupted and stopped(local, signal.SIGKILL)


@pytest.fixture(scope="module")
def first(local, killed):
    return killed and apod(local, "run")


@pytest.fixture(scope="module")
def archive(first):
    """The days that the first run asked for."""
    return first and Span(date(1995, 6, 16), newest_publishable(datetime.now(UTC)))


@pytest.fixture(scope="module")
def months(archive):
    """How many there are."""
    return len({(day.year, day.month) for day in archive})


@pytest.fixture(scope="module")
def after_first(local, first):
    """The branch's tip after the first run."""
    return first and run("git", "rev-parse", "main", cwd=local / "demo" / "github.git")


@pytest.fixture(scope="module")
def second(local, after_first):
    return after_first and apod(local, "run")


@pytest.fixture(scope="module")
def up(local, second):
    """The stack, resident, after two runs; down again afterwards."""
    yield second and apod(local, "up")
    apod(local, "down")


def test_ctrl_c_leaves_nothing_running(interrupted):
    """Wherever it comes."""
    assert (130, []) == interrupted


@pytest.mark.usefixtures("first")
def test_a_run_after_a_killed_one_is_like_any_other(killed):
    """It ends what the killed one left running, and goes on with its files."""
    assert -signal.SIGKILL == killed


def test_the_first_run_commits_thirty_one_years(first, archive, months):
    """All pictures, one version, two pages a month, and a few requests for each day that the service lost."""
    asked = re.search(r"no picture on 4 days; (\d+) requests", first)

    assert "apod_ingest.ingest" in first
    assert f"{len(archive) - 4} pictures added, 0 corrected by NASA" in first
    assert 2 * months <= int(asked[1]) <= 2 * months + 100
    assert "table and CSV proven equal" in first
    assert "data: " in first


def shape(line):
    """A line without its numbers, digests and titles."""
    return re.sub(r'"[^"]*"', "", re.sub(r"(?:[0-9a-f]{12,}|[\d.]+|\s+)+", "#", line))  # however wide the seconds are


def test_readme_and_walkthrough_show_what_a_run_prints(first):
    """Each line with a result, whatever its numbers are today."""
    printed = [shape(line) for line in first.splitlines()]
    readme = [line for line in (PROJECT / "README.md").read_text().splitlines() if "✓" in line]
    walkthrough = (PROJECT / "docs" / "walkthrough.md").read_text()
    logs = re.findall(r"\*\*The log\*\*:\n\n```\n(.*?)```", walkthrough, re.DOTALL)[:3]
    told = [*map(shape, readme), *(shape(line) for log in logs for line in log.splitlines())]

    assert 12 == len(told)
    assert [] == [line for line in told if not any(line in one for one in printed)], first


def test_a_run_says_what_will_happen_and_what_to_look_at(first, local):
    """Before anything else, and in the end, in at most eight lines; each path that it names is there."""
    lines = first.splitlines()
    told = lines[next(number for number, line in enumerate(lines) if "done; what to look at next" in line) :]
    paths = re.findall(rf"{re.escape(str(local))}/[^,\n]+", "\n".join(told))

    assert lines[0].startswith("The whole pipeline, once, on this machine")
    assert "half a minute" in lines[1]
    assert len(told) <= 8
    assert 3 == len(paths)
    assert [] == [path for path in paths if not pathlib.Path(path).exists()]
    assert (PROJECT / told[-1].split()[-1]).exists()


def test_the_second_run_changes_nothing_and_says_why(local, after_first, second):
    """No asset event, no commit."""
    assert "nothing new: NASA's records are the ones stored" in second
    assert after_first == run("git", "rev-parse", "main", cwd=local / "demo" / "github.git")


@pytest.mark.usefixtures("second")
def test_nothing_is_left_running(local):
    """After a run, no process of the stack is there."""
    assert [] == leftovers(local)


@pytest.mark.usefixtures("up")
def test_table_csv_and_committed_pointer_have_one_md5(local):
    """The proof of the contract."""
    table, csv, pointer = md5s(local)

    assert table == csv == pointer


@pytest.mark.usefixtures("up")
def test_a_fresh_clone_and_dvc_pull_give_the_same_bytes(local):
    """What a stranger does."""
    shell(
        local,
        """git clone -q "$APOD_GIT_URL" stranger
        cd stranger
        dvc pull -q
        cmp data/apod_data.csv "$APOD_STORE/apod_data.csv"
        diff -r data/raw "$APOD_STORE/raw" """,
    )


@pytest.mark.usefixtures("up")
def test_the_commands_of_the_walkthrough_prove_each_step(local):
    """Exactly as they stand there, in their order: psql, md5sum, git, dvc and our own; seven times the same md5."""
    blocks = re.findall(r"```console\n(.*?)```", (PROJECT / "docs" / "walkthrough.md").read_text(), re.DOTALL)
    reader = local / "reader"
    reader.mkdir()
    for path in PROJECT.iterdir():
        (reader / path.name).symlink_to(path)
    lines = "\n".join(
        line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")
    )
    said = run("bash", "-euc", lines, cwd=reader, env={**os.environ, "APOD_LOCAL": str(local)})
    found = re.findall(r"^[0-9a-f]{32}(?=  )", said, re.MULTILINE)

    assert 6 == len(blocks)
    assert 6 == len(found)
    assert 1 == len(set(found))
    assert f"CSV-MD5: {found[0]}" in said
    assert said.rsplit("Run: ")[-1].count("yes") >= 3


def test_up_prints_where_the_ui_is_and_how_to_log_in(local, up):
    """The address answers, the login is accepted."""
    address, password = re.search(r"Airflow (http\S+)  login admin  password (\S+)", up).groups()
    login = run(
        "curl",
        "-sf",
        "--json",
        f'{{"username": "admin", "password": "{password}"}}',
        f"{address}/auth/token",
        cwd=local,
    )

    assert "access_token" in login


@pytest.mark.usefixtures("up")
def test_version_can_be_triggered_alone_at_any_time(local):
    """Nothing to change: it says so, and there is no commit."""
    before = run("git", "rev-parse", "main", cwd=local / "demo" / "github.git")
    said = apod(local, "trigger", "version", "--param", "message=again")

    assert "is this version already" in said
    assert before == run("git", "rev-parse", "main", cwd=local / "demo" / "github.git")


@pytest.mark.usefixtures("up")
def test_a_lost_csv_comes_back_by_a_trigger_of_load(local):
    """State, not events: nobody sent one."""
    (local / "demo" / "data" / "apod_data.csv").unlink()
    said = apod(local, "trigger", "load")
    table, csv, pointer = md5s(local)

    assert "the CSV was not the published one and is again" in said
    assert table == csv == pointer


@pytest.mark.usefixtures("up")
def test_a_lost_store_comes_back_from_git_and_dvc(local, months):
    """Nobody asks NASA for thirty-one years again; table, CSV and version are what they were."""
    before = run("git", "rev-parse", "main", cwd=local / "demo" / "github.git")
    shutil.rmtree(local / "demo" / "data")
    said = apod(local, "trigger", "ingest")
    table, csv, pointer = md5s(local)

    assert re.search(f"{months} months restored from version [0-9a-f]{{12}}; nothing new: .*; 1 requests", said)
    assert table == csv == pointer
    assert before == run("git", "rev-parse", "main", cwd=local / "demo" / "github.git")


@pytest.mark.usefixtures("up")
def test_a_lost_month_comes_back_by_a_command(local):
    """Without Airflow."""
    month = local / "demo" / "data" / "raw" / "1999" / "1999-09.jsonl"
    before = month.read_bytes()
    month.unlink()
    said = apod(local, "restore", "--raw")

    assert said.startswith("1 months restored from version ")
    assert before == month.read_bytes()


@pytest.mark.usefixtures("up")
def test_a_service_that_is_not_believed_is_left_for_the_next(local, archive):
    """Placeholders for every date, as since September 2026. The other one reads the look-back."""
    port = json.loads((local / "demo" / "stack.json").read_text())["nasa_port"]
    httpx.post(f"http://127.0.0.1:{port}/-/faults", json=[{"kind": "placeholder", "service": "basic"}])
    said = apod(local, "trigger", "ingest")
    table, csv, pointer = md5s(local)

    assert (
        "0 pictures added, 0 corrected by NASA, no picture on 0 days; 16 days from another source than before" in said
    )
    assert f"(~16, {len(archive) - 4} pictures)" in said
    assert table == csv == pointer


@pytest.mark.usefixtures("up")
def test_versions_can_be_listed_compared_verified_and_gone_back_to(local, archive, months):
    """After the sixteen corrections of the test before."""
    listed = apod(local, "versions").splitlines()
    _, *differs = csv.reader(io.StringIO(apod(local, "diff", "latest~1", "--format", "csv")))
    verdict = apod(local, "verify", "--all")
    back = local / "back"
    restored = apod(local, "restore", "latest~1", "--to", str(back), "--schema", "as_it_was")
    md5 = run("md5sum", back / "apod_data.csv", cwd=local).split()[0]
    exported = apod(local, "export", "latest~1", "--format", "jsonl", "--to", str(local / "old.jsonl"))
    latest = json.loads((local / "demo" / "release" / "latest.json").read_bytes())

    assert ["committed", "commit"] == listed[0].split()[:2]
    assert [("~16", "yes"), (f"+{len(archive) - 4}", "yes")] == [
        (line.split()[4], line.split()[-1]) for line in listed[1:]
    ]
    assert {row[1] for row in differs} == {f"{day}" for day in [*archive][-16:]}
    assert 2 == verdict.count("pullable      yes") == verdict.count("intact        yes")
    assert md5 in restored
    assert md5 in exported
    assert len(archive) - 4 == len((local / "old.jsonl").read_text().splitlines())
    assert listed[1].split()[1:3] == [latest["commit"][:12], latest["md5"]]
    assert f"{len(archive) - 4} rows in as_it_was.picture, proven equal" in restored
    assert months == len(list((back / "raw").rglob("*.jsonl")))


@pytest.mark.usefixtures("up")
def test_a_day_has_a_passport(local, archive):
    """What NASA said, the row, its origin, its corrections and its version."""
    known = json.loads(apod(local, "passport", f"{archive.last - 3 * DAY}"))

    assert 2 == len(known["observations"])
    assert "planetary" == known["passport"][0]["source"]
    assert {"source"} == {row["cause"] for row in known["corrections"]}
    assert 1 == len(known["versions"])


@pytest.mark.usefixtures("up")
def test_a_failing_task_ends_it_with_its_own_error(local):
    """Not "see logs"."""
    done = subprocess.run(
        [PROJECT / "apod", "trigger", "ingest", "--param", "start_date=1990-01-01"],
        capture_output=True, text=True, check=False, timeout=300, env={**os.environ, "APOD_LOCAL": str(local)},
    )  # fmt: skip

    assert 1 == done.returncode
    assert "apod: apod_ingest.ingest failed." in done.stderr
    assert "Misconfigured: start_date=1990-01-01" in done.stderr
