"""The page looks at the repository once for all views, and never stands in Airflow's way."""

import os
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from include.apod.adapters.git_command import git_environment
from include.apod.airflow.connections import open_repository
from include.apod.errors import Misconfigured, Unavailable
from include.apod.settings import read_settings
from include.apod.ui import app as page
from include.apod.ui import lookout as module
from include.apod.ui import views as views_module
from include.apod.ui.lookout import Lookout, RepositoryState
from tests.helpers.deployment import environment, postgres_connection

STATE = RepositoryState("main", "an md5", {"a commit": "yes"})


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.05)


def test_many_views_are_one_look():
    """All of them are answered from it, and so are those of the next half minute."""
    looks = []
    lookout = Lookout(lambda: looks.append(time.sleep(0.1)) or STATE)
    with ThreadPoolExecutor(40) as pool:
        found = [*pool.map(lambda _: lookout.finding(), range(200))]

    assert [STATE] * 200 == [one.state for one in found]
    assert 1 == len(looks)


def test_a_look_that_hangs_is_the_only_one(impatient):
    """The views say so at once, and the old answer stands with its age."""
    hanging, began, states = threading.Event(), [], iter([STATE])

    def look():
        began.append(threading.current_thread().name)
        if state := next(states, None):
            return state
        hanging.wait(30)
        return None

    lookout = Lookout(look)
    assert STATE == lookout.finding().state
    lookout._last = (*lookout._last[:2], time.monotonic() - 100)
    found = [lookout.finding() for _ in range(20)]
    hanging.set()

    assert [STATE] * 20 == [one.state for one in found]
    assert all(100 <= one.age_seconds < 110 for one in found)
    assert 2 == len(began)


def test_before_the_first_look_has_ended_nobody_knows(impatient):
    """And nobody waits for it."""
    hanging = threading.Event()
    lookout = Lookout(lambda: hanging.wait(30) and STATE)
    with pytest.raises(Unavailable, match="look again in a moment"):
        lookout.finding()
    hanging.set()


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (Misconfigured("wrong token"), "wrong token"),
        (ZeroDivisionError("bug"), "the log of the API server has the reason"),
    ],
)
def test_a_look_that_fails_says_why_and_is_made_again(monkeypatch, error, problem):
    """Also where the reason is a fault of ours; the thread is not lost."""
    answers = iter([error, STATE])

    def look():
        if isinstance(answer := next(answers), Exception):
            raise answer
        return answer

    lookout = Lookout(look)
    first = lookout.finding()
    monkeypatch.setattr(module, "FRESH_SECONDS", 0)

    assert first.state is None
    assert problem in first.problem
    assert STATE == lookout.finding().state


@pytest.fixture
def served(deployment, database, tmp_path, monkeypatch):
    """The page inside of an API server that has a route of its own, over real HTTP; git hangs."""
    git = tmp_path / "bin" / "git"
    git.parent.mkdir()
    git.write_text("#!/bin/sh\nexec sleep 60\n")
    git.chmod(0o755)
    monkeypatch.setenv("PATH", f"{git.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(page, "PATIENCE_SECONDS", 100)
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(views_module, "CONNECT_SECONDS", 2)
    postgres = postgres_connection(database.info)
    deployment.set(**environment(store=tmp_path / "store", postgres=postgres, repository="https://127.0.0.1:9/x.git"))
    airflow = FastAPI()

    @airflow.get("/health")
    def health():
        return "well"

    airflow.mount("/apod", page.make_app())
    config = uvicorn.Config(airflow, host="127.0.0.1", port=0, log_level="error", lifespan="off")
    http = uvicorn.Server(config)
    thread = threading.Thread(target=http.run, daemon=True)
    thread.start()
    while not http.started:
        thread.join(0.01)
    yield f"http://127.0.0.1:{http.servers[0].sockets[0].getsockname()[1]}"
    http.force_exit = http.should_exit = True
    thread.join(10)


@pytest.mark.parametrize(("hanging", "count"), [("repository", 200), ("database", 80)])
def test_more_views_than_threads_leave_airflow_its_threads(served, deployment, hanging, count, database):
    """It has forty. Whatever hangs behind the page, each view is answered, with what is known or with a 503."""
    silent = socket.create_server(("127.0.0.1", 0), backlog=500)
    if hanging == "database":
        port = silent.getsockname()[1]
        deployment.set(AIRFLOW_CONN_APOD_POSTGRES=postgres_connection(database.info, host="127.0.0.1", port=port))
    view = "status" if hanging == "repository" else ""
    limits = httpx.Limits(max_connections=count + 1)
    with ThreadPoolExecutor(count) as pool, httpx.Client(timeout=120, limits=limits) as client:
        views = [pool.submit(client.get, f"{served}/apod/{view}") for _ in range(count)]
        time.sleep(0.5)
        assert "well" == client.get(f"{served}/health").json()
        done = sum(view.done() for view in views)
        statuses = {view.result().status_code for view in views}

    silent.close()
    assert statuses <= {200, 503}
    assert done < count / 2  # else Airflow's own answer has waited for the page's threads


def test_what_git_needs_is_not_left_in_the_process(deployment, tmp_path, database):
    """Two at once, with a token: each has all of it for its own git, and the git of other threads none."""
    postgres = postgres_connection(database.info)
    deployment.set(**environment(store=tmp_path / "store", postgres=postgres, repository=""))
    login = {"conn_type": "git", "host": "https://x.example/a.git", "password": "a token"}
    deployment.set(AIRFLOW_CONN_APOD_GIT=login)
    before, settings = dict(os.environ), read_settings()

    def use(_):
        with open_repository(settings) as repository:
            time.sleep(0.01)
            seen = [name for name in git_environment() if name.startswith(("GIT_CONFIG_", "AIRFLOW_GIT_"))]
            return seen, repository.env.get("GIT_CONFIG_COUNT"), repository.env.get("AIRFLOW_GIT_TOKEN")

    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)  # seconds: threads take turns wherever they can
    try:
        with ThreadPoolExecutor(8) as pool:
            used = [*pool.map(use, range(60))]
    finally:
        sys.setswitchinterval(usual)

    assert [([], "2", "a token")] * 60 == used
    assert before == dict(os.environ)
