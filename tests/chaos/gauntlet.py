"""Three years of daily runs under everything that has been seen to go wrong, and what an oracle says of the end.

    python -m tests.chaos.gauntlet --seed 7            replays one
    python -m tests.chaos.gauntlet --days 120          a short one
    python -m tests.chaos.gauntlet --begin 2026-11-10 --days 60 --end 410      through the planetary service's end

The clock is moved, the steps are those of the tasks, PostgreSQL, git, DVC and HTTP are real. Each day has at most one
trouble, drawn by the seed; no outage is longer than four days and no edit older than eight, so that the look-back of 16
days must find all of it. Then a week passes in which nothing goes wrong.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import warnings
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import uvicorn

from include.apod.adapters.commits import checkout_version
from include.apod.adapters.dvc import Remote
from include.apod.adapters.git import clone_history
from include.apod.days import DAY, Span, complete_through, parse_spans
from include.apod.formats import raw as raw_store
from include.apod.history import gc
from include.apod.history.archive import open_archive
from include.apod.history.versions import fetch_raw, pullable, read_versions
from include.apod.sources import basic
from local.nasa import migration
from local.nasa.app import Application
from local.nasa.archive import record_of
from local.nasa.basic import articles_of
from local.nasa.faults import Fault
from local.nasa.gateway import Quota
from local.nasa.state import Nasa
from local.stack import postgres
from local.stack.ports import any_free
from local.stack.processes import Processes
from tests.helpers import warm_python
from tests.helpers.kill_points import IN_DVC, POINTS
from tests.helpers.project import PROJECT
from tests.helpers.stand_in import ENDS
from tests.helpers.world import HOOK, World

BEGIN = date(2024, 1, 10)
ARCHIVE_DAYS = 588  # before the first run, so that a source that changes its words in a look-back is no mass change
YEARS = 1096
PLACEHOLDERS_FROM = datetime(2026, 9, 25, 10, tzinfo=UTC)
RETIRED_FROM = datetime(2026, 12, 1, 10, tzinfo=UTC)
OF_A_REQUEST = (
    "status", "error", "reset", "truncated", "cut", "html", "empty", "over_quota", "no_key", "moved", "gone",
    "http_only", "hang", "reply",
)  # fmt: skip
OF_SOME_DAYS = ("bad_day", "missing", "left_out", "placeholder", "frozen", "misdated", "shapeless")
TROUBLES = {  # how often, of a hundred days
    "nothing": 44, "request": 14, "days": 10, "edit": 8, "hole": 3, "killed": 6, "database": 3, "repository": 2,
    "remote": 2, "disk": 1, "machine down": 1, "pause": 1, "lost month": 1, "half restored": 1, "merge": 1,
    "other deployment": 1, "fast clock": 1,
}  # fmt: skip
CHAIN = (["ingest"], ["transform", "stage_table", "stage_csv", "publish"], ["version"])
SEEN_DAYS = 5  # whose passport the oracle follows
COLLECTED = 3  # CSVs that `gc` takes before the oracle tries to make them again
LOST_EVENTS = {"load": 0.5, "version": 0.25}  # a consumer looks on such a part of the days only


@dataclass
class Plan:
    """What the seed has in store."""

    dice: random.Random
    begin: date
    edits: dict = field(default_factory=dict)
    lied_about: set = field(default_factory=set)  # days of which a service gave another day's words
    paused_until: date = date.min
    counts: Counter = field(default_factory=Counter)


class Gauntlet(World):
    """A world whose clock is moved."""

    def begin(self, program, first_day, sources):
        self.temporary.mkdir(parents=True)
        self.program, self.since, self.sources = program, first_day - ARCHIVE_DAYS * DAY, sources
        self.now = datetime.combine(first_day, datetime.min.time(), UTC) + timedelta(hours=12)
        self.nasa.now = lambda: self.now
        self._new_database("template1")
        self.make_repository()

    def environment(self):
        return super().environment() | {
            "APOD_SINCE": f"{self.since}",
            "APOD_SOURCES": self.sources,
            "APOD_DVC_PYTHON": str(self.program),
            "APOD_CODE_VERSION": checkout_version(PROJECT),  # the real one, so that a version can be made again
        }

    def new_database(self, name="chaos"):
        """An empty one."""
        with self.connect("postgres") as connection:
            connection.execute(f"drop database if exists {name} with (force)")
            connection.execute(f"create database {name}")

    def other(self):
        """What is other in the environment of a second deployment on the same branch."""
        postgres = json.loads(self.environment()["AIRFLOW_CONN_APOD_POSTGRES"]) | {"schema": "other"}
        return {"APOD_STORE": f"{self.home / 'other'}", "AIRFLOW_CONN_APOD_POSTGRES": json.dumps(postgres)}

    def look(self, steps, params=None, **changed):
        """Some steps, one after the other until one fails, in a process of its own; its status and the last word."""
        words = self.home / "words"
        words.unlink(missing_ok=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if not child:
            os._exit(self.child(steps, words, params or {}, changed))
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status), words.read_text() if words.exists() else ""

    def child(self, steps, words, params, changed):
        """Airflow's part: a failed step keeps those behind it in its DAG from running."""
        from include.apod.airflow import tasks
        from include.apod.errors import ApodError, NotPublished
        from include.apod.run import Run

        os.environ.update(self.environment() | changed)
        tempfile.tempdir = None
        sys.path.insert(0, str(HOOK))
        import sitecustomize  # noqa: F401

        class Clock(datetime):
            @classmethod
            def now(cls, tz=None):  # noqa: ARG003
                return moved

        moved = self.now
        tasks.datetime = Clock
        try:
            for step in steps:
                try:
                    words.write_text(
                        f"{step}: {getattr(tasks, step)(Run(f'gauntlet {time.time_ns()}', params)).sentence}"
                    )
                except NotPublished as nothing:
                    words.write_text(f"{step}: {nothing}")
        except ApodError as error:
            words.write_text(f"{step}: {type(error).__name__}: {error}")
            return 2
        except BaseException:  # noqa: BLE001  # it ends the process
            words.write_text(f"{step}: {traceback.format_exc()}")
            return 1
        return 0


def draw(plan, today, now):
    """The trouble of a day: a word, faults of NASA's, and what else is out of order."""
    dice = plan.dice
    kind = dice.choices([*TROUBLES], weights=TROUBLES.values())[0]
    plan.counts[kind] += 1
    service = dice.choice(["planetary", "basic", None, None])
    until = now + timedelta(days=dice.randint(1, 4)) - timedelta(hours=1)
    match kind:
        case "request":
            what = dice.choice(OF_A_REQUEST)
            plan.counts[what] += 1
            text = dice.choice(["null", "{}", "[1]", '[{"date": 3}]', '"words"', "[[]]", '{"date": "2024-02-30"}'])
            return kind, [
                Fault(what, service, since=now, until=until, status=dice.choice([500, 502, 503, 504, 404, 418]),
                      skip=dice.randint(0, 2), times=dice.choice([1, 3, None]), text=text, seconds=0.01)
            ]  # fmt: skip
        case "days":
            what = dice.choice(OF_SOME_DAYS)
            plan.counts[what] += 1
            first = today - dice.randint(0, 8) * DAY
            other = first - dice.randint(1, 9) * DAY
            last = first + dice.choice([0, 0, 1]) * DAY
            plan.lied_about |= {first, last} if what == "frozen" else set()
            return kind, [Fault(what, service, first, last, now, until, other_day=other)]
    return kind, []


def edit(plan, nasa, today, now):
    """NASA changes a record of the last eight days."""
    day = today - plan.dice.randint(0, 8) * DAY
    title = f"Edited on {today} for {plan.dice.randint(1, 9)} reasons"
    nasa.edit(day, now, title=title)
    plan.edits[day] = title


def live(gauntlet, plan, days, say):
    """The years."""
    for number in range(days):
        calm = number >= days - 7
        today = plan.begin + number * DAY
        gauntlet.now = datetime.combine(today, datetime.min.time(), UTC) + timedelta(hours=12)
        kind, faults = ("nothing", []) if calm else draw(plan, today, gauntlet.now)
        if kind == "pause" and number < days - 40:
            plan.paused_until = today + plan.dice.randint(10, 30) * DAY
        gauntlet.nasa.remembered.clear()
        lasting = [one for one in gauntlet.nasa.faults if one.until is None or (not calm and one.until > gauntlet.now)]
        gauntlet.nasa.faults = lasting + faults
        if kind == "edit":
            edit(plan, gauntlet.nasa, today, gauntlet.now)
        if kind == "hole":  # weeks without a picture that NASA fills in later
            first = today + DAY
            until = gauntlet.now + timedelta(days=plan.dice.randint(2, 4))
            gauntlet.nasa.faults.append(Fault("missing", None, first, first, until=until))
        one_day(gauntlet, plan, kind, calm)
        if number % 100 == 99:
            say(f"  {today}")


def one_day(gauntlet, plan, kind, calm):
    """A day's runs, with what is out of order."""
    if kind == "machine down" or gauntlet.now.date() < plan.paused_until:
        return
    dags = [["ingest"]]
    if calm or plan.dice.random() < LOST_EVENTS["load"]:
        dags.append(["transform", *plan.dice.sample(["stage_table", "stage_csv"], 2), "publish"])
    if calm or plan.dice.random() < LOST_EVENTS["version"]:
        dags.append(["version"])
    with broken(gauntlet, plan, kind) as changed:
        for steps in dags:
            status, said = gauntlet.look(steps, **changed)
            if "--param restore=true" in said:
                plan.counts["a person restores"] += 1
                status, said = as_it_says(gauntlet, changed)
            plan.counts[f"run ended {status}"] += 1
            assert status in ((0,) if calm else (0, 2, -signal.SIGKILL)), said
    gauntlet.armed.unlink(missing_ok=True)
    gauntlet.later()


def as_it_says(gauntlet, changed):
    """A person does what the message of a version says that lacks words; how that ended."""
    for steps in CHAIN:
        status, said = gauntlet.look(steps, {"restore": True}, **changed)
    return status, said


@contextmanager
def broken(gauntlet, plan, kind):
    """What is out of order around the steps for a day; gives what is other in their environment."""
    if kind == "database":
        wrong = json.loads(gauntlet.environment()["AIRFLOW_CONN_APOD_POSTGRES"]) | {"port": any_free()}
        yield {"AIRFLOW_CONN_APOD_POSTGRES": json.dumps(wrong)}
        return
    if plan.paused_until == gauntlet.now.date():  # the look-back of the pause is not read in one run
        yield {"APOD_REQUESTS_PER_RUN": "2"}
        return
    HARMS.get(kind, lambda *_: None)(gauntlet, plan)
    path = {"repository": gauntlet.here / "repository.git", "remote": gauntlet.remote}.get(kind, Path("/nowhere"))
    away = path.rename(path.with_name("away")) if path.exists() else None
    yield {}
    if away:
        come_back(away, path)


def killed(gauntlet, plan):
    """A task is killed at one of its points, or DVC is."""
    point = plan.dice.choice([point for _, point in POINTS] + IN_DVC)
    gauntlet.arm(point, kill=plan.dice.choice([[], ["parent"]]) if point in IN_DVC else [])


def lost_disk(gauntlet, _):
    """A new container."""
    shutil.rmtree(gauntlet.store.root, ignore_errors=True)


def lost_month(gauntlet, plan):
    """A file of the raw store vanishes."""
    if months := raw_store.months(gauntlet.store.raw):
        plan.dice.choice(months).unlink()


def fast_clock(gauntlet, _):
    """It is ten hours ahead for this day's runs."""
    gauntlet.now += timedelta(hours=10)


def half_restored(gauntlet, plan):
    """A new machine and a new database; somebody has copied some months of the raw store by hand."""
    kept = {path for path in raw_store.months(gauntlet.store.raw) if plan.dice.random() < 0.5}
    for path in [path for path in gauntlet.store.root.rglob("*") if path.is_file()]:
        if path not in kept:
            path.unlink()
    gauntlet.new_database()


def merge(gauntlet, _):
    """A developer's ordinary commit, pull and push."""
    work = gauntlet.home / "developer"
    git = ("git", "-c", "user.name=A Developer", "-c", "user.email=dev@example.org")
    if not work.exists():
        subprocess.run(["git", "clone", "-q", gauntlet.repository.url, work], check=True, capture_output=True)
    for words in (
        ("commit", "-q", "--allow-empty", "-m", "code"),
        ("pull", "-q", "--no-rebase", "--no-edit"),
        ("push", "-q"),
    ):
        subprocess.run([*git, *words], cwd=work, check=True, capture_output=True)


def other_deployment(gauntlet, _):
    """Somebody runs the pipeline on a laptop, on the same branch."""
    if not (gauntlet.home / "other").exists():
        gauntlet.new_database("other")
    for steps in CHAIN:
        gauntlet.look(steps, {"restore": True}, **gauntlet.other())


HARMS = {
    "killed": killed,
    "disk": lost_disk,
    "lost month": lost_month,
    "half restored": half_restored,
    "merge": merge,
    "other deployment": other_deployment,
    "fast clock": fast_clock,
}


def come_back(away, path):
    """What was away; what was written meanwhile into an empty remote is not lost."""
    if path.exists():
        shutil.copytree(path, away, dirs_exist_ok=True)
        shutil.rmtree(path)
    away.rename(path)


def judge(gauntlet, plan, days):
    """What the oracle says: every difference between what is and what must be."""
    nasa, last = gauntlet.nasa, plan.begin + (days - 1) * DAY
    nasa.faults = []
    with gauntlet.connect() as connection:
        rows = {row[0]: row[1:] for row in connection.execute("select date, title, explanation, url from apod.picture")}
        doubled = connection.execute(
            "select date, after, count(*) from apod.correction where after like 'Edited on %' and cause = 'nasa' "
            "and field = 'title' group by 1, 2 having count(*) > 1"
        ).fetchall()
        rejected = connection.execute("select count(*) from apod.rejected").fetchone()[0]
        causes = {row[0] for row in connection.execute("select distinct cause from apod.correction").fetchall()}
        recorded = connection.execute("select version_commit from apod.version order by committed_at").fetchall()
        seen = connection.execute(
            "select date, raw_sha256, version_commit from apod.passport where version_commit is not null "
            "order by md5(date::text) limit %s",
            (SEEN_DAYS,),
        ).fetchall()
    truth = {day: words(nasa, day) for day in Span(gauntlet.since, last) if record_of(day) and was_served(day, plan)}
    wrong = [f"{day} is missing" for day in truth.keys() - rows.keys()]
    wrong += [f"{day} was invented" for day in rows.keys() - truth.keys()]
    both = truth.keys() & rows.keys()
    wrong += [f"{day} is {rows[day]}, not {truth[day]}" for day in both if rows[day] not in truth[day]]
    doubled = [one for one in doubled if one[0] not in plan.lied_about]  # there the edit was undone, and made again
    wrong += [f"{day}: {after!r} was recorded {times} times" for day, after, times in doubled]
    facts = gauntlet.facts()
    wrong += [f"more than one md5: {facts['one md5']}"] * (len(facts["one md5"]) != 1)
    wrong += [f"left over: {facts['left over']}"] * bool(facts["left over"])
    with tempfile.TemporaryDirectory() as folder:
        versions = read_versions(clone_history(gauntlet.repository, Path(folder) / "clone"))
        wrong += [f"{one.commit} is not pullable: {how}" for one, how in pullable(versions) if how != "yes"]
    # a database that was made anew, and that of one deployment of two, does not know all of them
    wrong += [
        f"{commit} is no version"
        for commit in {commit for (commit,) in recorded} - {version.commit for version in versions}
    ]
    wrong += ["the database does not know the newest version"] * (recorded[-1:] != [(versions[0].commit,)])
    wrong += [
        f"{after.commit} holds what the one before holds"
        for after, before in pairwise(versions)
        if (after.csv, after.raw) == (before.csv, before.raw)
    ]
    wrong += [f"{rejected} in quarantine"] * bool(rejected)
    wrong += ["a change by hand was recorded, and there was none"] * ("repair" in causes)
    wrong += claims(versions[0], rows, truth, gauntlet.since)
    with tempfile.TemporaryDirectory() as folder:
        wrong += passports(versions, seen, Path(folder))
    wrong += collected(gauntlet)
    return wrong, {"versions": len(versions), "rows": len(rows), "edits": len(plan.edits)}


def claims(version, rows, truth, since):
    """What the newest version says of itself that its rows do not bear out."""
    facts = version.facts
    absent, lost = parse_spans(facts["no_picture"]), parse_spans(facts["lost_by_source"])
    through = complete_through({*rows} | absent | lost, since)
    wrong = [f"{day} is said to have had no picture" for day in absent & truth.keys()]
    wrong += [f"{day} is said to be lost" for day in lost & rows.keys()]
    return wrong + [f"complete through {facts['complete_through']}, not {through}"] * (
        facts["complete_through"] != f"{through}"
    )


def collected(gauntlet):
    """What `gc` took that it should not have: it goes over the newest CSVs that may go, and each is made again."""
    remote = Remote(None, sys.executable)
    with open_archive(gauntlet.repository, remote, PROJECT, every_branch=True) as archive:
        retention = gc.plan(archive.clone, archive.versions, 10, monthly=True)
        surplus = retention.surplus[-COLLECTED:]
        reasons = [
            f"{version.commit} cannot be made again: {why}"
            for version, why in gc.collect(surplus, archive.workshop)
            if why
        ]
        target = archive.workshop.folder / "obtained.csv"
        state = {version.commit: how for version, how in pullable(archive.versions)}
        gone = {holders[0].csv for holders in surplus}
        wrong = [
            f"{version.commit} is {state[version.commit]} after gc"
            for version in archive.versions
            if state[version.commit] != ("raw" if version.csv in gone else "yes")
        ]
        for version in (holders[0] for holders in surplus):
            archive.workshop.obtain(version, target)  # raises where it is not the version's
    return reasons + wrong


def passports(versions, seen, folder):
    """The passports whose commit does not hold their observation."""
    wrong, by_commit = [], {version.commit: version for version in versions}
    for day, sha256, commit in seen:
        if commit not in by_commit:
            wrong.append(f"the passport of {day} names {commit}, which is no version")
            continue
        raw = folder / commit
        if not raw.exists():
            fetch_raw(by_commit[commit], raw)
        path = raw_store.month_file(raw, raw_store.month_of(day))
        if sha256 not in {one.sha256 for one in raw_store.read_month(path)}:
            wrong.append(f"the passport of {day} names {commit}, which does not hold {sha256}")
    return wrong


def was_served(day, plan):
    """Whether some service had the day while the pipeline ran: what the migration lost went with the old one."""
    return not migration.is_lost(day) or migration.is_stray(day) or plan.begin < PLACEHOLDERS_FROM.date() > day


def words(nasa, day):
    """What each service says of a day in the end, as a row would hold it."""
    from include.apod.load.clean import clean_rows

    late = [articles_of(nasa.catalogue("basic"), day + days * DAY) for days in (0, migration.STRAY_DAYS)]
    own = [article for articles in late for article in articles if basic.day_of(article) == f"{day}"]
    both = [dict(nasa.catalogue("planetary").published(day)), *(basic.read(article).fields for article in own)]
    frame = clean_rows(both)
    pick = frame[["title", "explanation", "url"]].astype(object).where(frame.notna(), None)
    return [*pick.itertuples(index=False, name=None)]


def gauntlet(seed, days=YEARS, first_day=BEGIN, end="", say=lambda _: None):
    """Lives through the years of a seed; returns what is wrong in the end, and figures.

    Where `end`, one of `ENDS`, is empty, the seed says in which of its ways the planetary service ends, as it says
    which service is preferred.
    """
    end = end or [*ENDS][seed % len(ENDS)]
    began = time.monotonic()
    with ExitStack() as until_done:
        home = Path(until_done.enter_context(tempfile.TemporaryDirectory(prefix=f"apod-gauntlet-{seed}-")))
        processes = Processes(home / "processes.json", home)
        until_done.callback(processes.stop)
        server = postgres.Server(home / "server" / "data", any_free(), "a-tests-password")
        server.data.parent.mkdir()
        postgres.start(server, processes)
        program = until_done.enter_context(warm_python.serving(home))
        nasa = Nasa(record_of, wounded=True)
        nasa.gateway.keys["a key"] = Quota(100_000, 1_000_000)
        nasa.faults = [
            Fault("placeholder", "planetary", since=PLACEHOLDERS_FROM),
            Fault(service="planetary", since=RETIRED_FROM, **ENDS[end]),
        ]
        made = Gauntlet(home, server, nasa, until_done.enter_context(serving(Application(nasa))), first_day)
        made.preload()
        made.begin(program, first_day, ["planetary,basic", "basic,planetary"][seed % 2])
        plan = Plan(random.Random(seed), first_day)
        live(made, plan, days, say)
        wrong, figures = judge(made, plan, days)
    return wrong, figures | dict(plan.counts) | {
        "seed": seed,
        "sources": made.sources,
        "end": end,
        "days": days,
        "seconds": round(time.monotonic() - began),
    }


class serving:  # noqa: N801  # a context manager
    """Serves an application from a thread; gives its address."""

    def __init__(self, application):
        options = {"host": "127.0.0.1", "port": 0, "log_level": "critical", "date_header": False, "lifespan": "off"}
        self.http = uvicorn.Server(uvicorn.Config(application, **options))
        self.thread = threading.Thread(target=self.http.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        while not self.http.started:
            self.thread.join(0.01)
        return f"http://127.0.0.1:{self.http.servers[0].sockets[0].getsockname()[1]}"

    def __exit__(self, *_):
        self.http.should_exit = True
        self.thread.join()


def main():
    """Prints what is wrong, if anything, and the figures; exit status 1 where something is."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--days", type=int, default=YEARS)
    arguments.add_argument("--begin", type=date.fromisoformat, default=BEGIN)
    arguments.add_argument("--end", choices=ENDS, default="")
    asked = arguments.parse_args()
    wrong, figures = gauntlet(
        asked.seed, asked.days, asked.begin, asked.end, lambda line: sys.stderr.write(f"{line}\n")
    )
    sys.stdout.write(f"{json.dumps(figures)}\n")
    sys.exit("\n".join(wrong) or 0)


if __name__ == "__main__":
    main()
