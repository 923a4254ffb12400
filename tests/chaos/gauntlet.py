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

from include.apod.adapters.git import clone_history
from include.apod.days import DAY, Span
from include.apod.history.versions import pullable, read_versions
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
    "nothing": 50, "request": 14, "days": 10, "edit": 8, "hole": 3, "killed": 6, "database": 3, "repository": 2,
    "remote": 2, "disk": 1, "machine down": 1,
}  # fmt: skip
LOST_EVENTS = {"load": 0.5, "version": 0.25}  # a consumer looks on such a part of the days only


@dataclass
class Plan:
    """What the seed has in store."""

    dice: random.Random
    begin: date
    edits: dict = field(default_factory=dict)
    lied_about: set = field(default_factory=set)  # days of which a service gave another day's words
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
        }

    def look(self, steps, **changed):
        """Some steps, one after the other until one fails, in a process of its own; its status and the last word."""
        words = self.home / "words"
        words.unlink(missing_ok=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if not child:
            os._exit(self.child(steps, words, changed))
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status), words.read_text() if words.exists() else ""

    def child(self, steps, words, changed):
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
                    words.write_text(f"{step}: {getattr(tasks, step)(Run(f'gauntlet {time.time_ns()}')).sentence}")
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
    if kind == "machine down":
        return
    dags = [["ingest"]]
    if calm or plan.dice.random() < LOST_EVENTS["load"]:
        dags.append(["transform", *plan.dice.sample(["stage_table", "stage_csv"], 2), "publish"])
    if calm or plan.dice.random() < LOST_EVENTS["version"]:
        dags.append(["version"])
    with broken(gauntlet, plan, kind) as changed:
        for steps in dags:
            status, said = gauntlet.look(steps, **changed)
            plan.counts[f"run ended {status}"] += 1
            assert status in ((0,) if calm else (0, 2, -signal.SIGKILL)), said
    gauntlet.armed.unlink(missing_ok=True)
    gauntlet.later()


@contextmanager
def broken(gauntlet, plan, kind):
    """What is out of order around the steps for a day; gives what is other in their environment."""
    match kind:
        case "database":
            wrong = json.loads(gauntlet.environment()["AIRFLOW_CONN_APOD_POSTGRES"]) | {"port": any_free()}
            yield {"AIRFLOW_CONN_APOD_POSTGRES": json.dumps(wrong)}
            return
        case "killed":
            point = plan.dice.choice([point for _, point in POINTS] + IN_DVC)
            gauntlet.arm(point, kill=plan.dice.choice([[], ["parent"]]) if point in IN_DVC else [])
        case "disk":
            shutil.rmtree(gauntlet.store.root, ignore_errors=True)
    path = {"repository": gauntlet.here / "repository.git", "remote": gauntlet.remote}.get(kind, Path("/nowhere"))
    away = path.rename(path.with_name("away")) if path.exists() else None
    yield {}
    if away:
        come_back(away, path)


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
    wrong += ["versions that the database does not know"] * (not facts["recorded"])
    with tempfile.TemporaryDirectory() as folder:
        versions = read_versions(clone_history(gauntlet.repository, Path(folder) / "clone"))
        wrong += [f"{one.commit} is not pullable: {how}" for one, how in pullable(versions) if how != "yes"]
    wrong += [
        f"{after.commit} holds what the one before holds"
        for after, before in pairwise(versions)
        if (after.csv, after.raw) == (before.csv, before.raw)
    ]
    wrong += [f"{rejected} in quarantine"] * bool(rejected)
    return wrong, {"versions": len(versions), "rows": len(rows), "edits": len(plan.edits)}


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
        warm, program = warm_python.start(home)
        until_done.callback(os.killpg, warm, signal.SIGKILL)
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
