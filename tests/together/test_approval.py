"""A guard asks a person, under the real scheduler: Required Actions, who may answer, and what becomes of the answer."""

import json
import os
import time
from datetime import UTC, datetime

import httpx
import psycopg
import pytest

from include.apod.days import DAY, newest_publishable
from include.apod.formats.store import Store
from include.apod.load.stage_csv import stage_csv
from include.apod.load.stage_table import stage_table
from include.apod.load.transform import transform
from local.stack.layout import Layout
from local.stack.stack import Stack
from tests.helpers.airflow_under_test import Airflow
from tests.helpers.project import PROJECT, run

pytestmark = pytest.mark.stack

SECONDS = 3  # that a person takes at least: Airflow 3.3.2 takes an answer within the first second for a crash
LOOK_SECONDS = 0.5  # between two looks, which cost the API server as much as a task's own requests
DAYS = 40  # of which three are more than 5 %


@pytest.fixture(scope="module")
def airflow(tmp_path_factory):
    """Up, with a load of nothing, forty days at one version, and a second user who may only look."""
    home = tmp_path_factory.mktemp("a stack that asks")
    extra = {
        "APOD_SINCE": f"{newest_publishable(datetime.now(UTC)) - DAYS * DAY}",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin,guest:viewer",
        "AIRFLOW__SCHEDULER__TRIGGER_TIMEOUT_CHECK_INTERVAL": "2",
    }
    stack = Stack(Layout(base=home), print, extra)
    with stack.locked():
        try:
            running = Airflow(stack, home)
            stack.layout.resident.touch()  # for `./apod answer`
            running.before_all = running.trigger("load")
            running.settle()
            running.trigger("ingest")
            running.settle()
            yield running
            running.rest.close()
        finally:
            stack.stop()


def mass_change(airflow, title):
    """NASA edits three of the forty days at once; returns the question that the load asks, and its run."""
    for days_ago in (1, 2, 3):
        airflow.news(f"{title} {days_ago}", days_ago)
    airflow.trigger("ingest")
    return awaited_question(airflow)


def awaited_question(airflow, other=None):
    """The question that a load waits with, which is not that other one."""
    began = time.monotonic()
    while time.monotonic() - began < 90:
        for question in airflow.rest.questions():
            if question != other:
                return question
        time.sleep(LOOK_SECONDS)
    raise AssertionError("nothing was asked")


def respond_until_ended(airflow, question, respond):
    """Responds to a question until its run has ended: Airflow asks again where it took a response for a crash."""
    while (state := airflow.rest.state(question.run)) not in ("success", "failed"):
        assert state == "running", state
        if question in airflow.rest.questions():
            time.sleep(SECONDS)
            respond()
        time.sleep(LOOK_SECONDS)


def answer(airflow, question, option):
    respond_until_ended(airflow, question, lambda: airflow.rest.answer(question, option))


def outcome(airflow, question):
    """The state of a run's publish, and its log."""
    [publish] = [task for task in airflow.rest.tasks(question.run) if task.task_id == "publish"]
    path = f"{question.run.path}/taskInstances/publish/logs/{publish.try_number}"
    lines = airflow.rest.call("GET", path, params={"full_content": True}, headers={"Accept": "application/json"})
    return publish.state, json.dumps(lines["content"], ensure_ascii=False)


def rows(airflow, query):
    with psycopg.connect(airflow.stack.server.dsn("apod"), autocommit=True) as connection:
        return connection.execute(query).fetchall()


def apod(airflow, *words):
    """What `./apod` prints about this stack."""
    env = {**os.environ, "APOD_LOCAL": f"{airflow.stack.layout.base}"}
    return run(PROJECT / "apod", *words, cwd=PROJECT, env=env)


def test_a_load_before_there_is_anything_has_nothing_to_check(airflow):
    """As the daily clock starts one on a deployment's first day: skipped to the end, and nothing is red."""
    states = {task.task_id: task.state for task in airflow.rest.tasks(airflow.before_all)}

    assert "success" == airflow.rest.state(airflow.before_all)
    assert {"skipped"} == {states[name] for name in ("transform", "stage_table", "stage_csv", "publish", "check")}


def test_what_a_person_approves_is_published_and_his_name_stays(airflow):
    """In `apod.load`, in the commit's trailer and in the log; until then table and CSV are as they were."""
    before = rows(airflow, "select count(*), max(load_id) from apod.load")
    question = mass_change(airflow, "Approved")
    meanwhile = rows(airflow, "select count(*), max(load_id) from apod.load")
    answer(airflow, question, "Approve")
    airflow.settle()
    state, log = outcome(airflow, question)
    message = run("git", "log", "-1", "--format=%B", "main", cwd=airflow.stack.layout.repository)

    assert before == meanwhile
    assert question.subject == f"Shall this load change 3 of {DAYS + 1} pictures?"
    assert "→ `Approved 1`" in question.body
    assert "success" == state
    assert "approved by admin" in log
    assert [("admin",)] == rows(airflow, "select approved_by from apod.load order by load_id desc limit 1")
    assert message.endswith("\nApproved-By: admin")
    assert airflow.in_line == airflow.state()


def test_who_may_only_look_may_not_answer(airflow):
    """Airflow refuses him, the load waits on; a rejection is red, with the name of who gave it, and nothing changes."""
    question = mass_change(airflow, "Rejected")
    tip, before = airflow.tip(), rows(airflow, "select count(*), max(load_id) from apod.load")
    passwords = json.loads((airflow.stack.layout.airflow / "passwords.json").read_text())
    login = httpx.post(
        f"{airflow.stack.address}/auth/token", json={"username": "guest", "password": passwords["guest"]}
    )
    path = f"{airflow.stack.address}/api/v2{question.run.path}/taskInstances/publish/-1/hitlDetails"
    refused = httpx.patch(
        path,
        json={"chosen_options": ["Approve"], "params_input": {}},
        headers={"Authorization": f"Bearer {login.json()['access_token']}"},
    )
    waiting = airflow.rest.questions()
    answer(airflow, question, "Reject")
    state, log = outcome(airflow, question)

    assert 403 == refused.status_code
    assert [question] == waiting
    assert ("failed", True) == (state, "admin has rejected it" in log)
    assert (tip, before) == (airflow.tip(), rows(airflow, "select count(*), max(load_id) from apod.load"))


def test_what_has_changed_since_is_asked_again(airflow):
    """An approval is for what was shown, and for nothing else: it ends red, and another run asks what is so now."""
    airflow.trigger("load")
    first = awaited_question(airflow)
    airflow.news("Rejected 4", 4)
    airflow.await_state(airflow.trigger("ingest"), "success")
    store = Store(airflow.stack.layout.store)
    transform(store)
    with psycopg.connect(airflow.stack.server.dsn("apod"), autocommit=True) as connection:
        stage_table(connection, store.clean)
    stage_csv(store)
    answer(airflow, first, "Approve")
    second = awaited_question(airflow, first)
    loads = rows(airflow, "select count(*) from apod.load where approved_by is not null")
    answer(airflow, second, "Approve")
    airflow.settle()
    state, _ = outcome(airflow, second)
    refused, log = outcome(airflow, first)

    assert ("change 3 of", "change 4 of") == (first.subject[16:27], second.subject[16:27])
    assert ("failed", True) == (refused, "has changed since a person was asked" in log)
    assert [(1,)] == loads
    assert "success" == state
    assert airflow.in_line == airflow.state()


def test_without_an_answer_it_fails_as_ever(airflow):
    """After a day, which is over here at once; a person without a UI sees and answers the next by a command."""
    question = mass_change(airflow, "Unanswered")
    with psycopg.connect(airflow.stack.server.dsn("airflow"), autocommit=True) as connection:
        late = "update task_instance set trigger_timeout = now() where state = 'awaiting_input'"
        respond_until_ended(airflow, question, lambda: connection.execute(late))
    state, log = outcome(airflow, question)
    airflow.trigger("load")
    again = awaited_question(airflow)
    shown, said = apod(airflow, "answer"), []
    respond_until_ended(airflow, again, lambda: said.append(apod(airflow, "answer", "approve")))
    airflow.settle()
    published, _ = outcome(airflow, again)

    assert ("failed", True) == (state, "Nobody has approved it in time" in log)
    assert question.subject in shown
    assert "approve: " in said[0]
    assert "success" == published
    assert "nothing waits for an answer" in apod(airflow, "answer")
    assert airflow.in_line == airflow.state()


def witness(airflow, change):
    """What `check` of the newest load says, run again after a change by hand: its state and its log."""
    with psycopg.connect(airflow.stack.server.dsn("apod"), autocommit=True) as connection:
        connection.execute(change)
    load = airflow.rest.newest_run("apod_load")
    body = {"dry_run": False, "dag_run_id": load.run, "task_ids": ["check"], "only_failed": False}
    airflow.rest.call("POST", "/dags/apod_load/clearTaskInstances", json=body)
    airflow.settle()
    [check] = [task for task in airflow.rest.tasks(load) if task.task_id == "check"]
    path = f"{load.path}/taskInstances/check/logs/{check.try_number}"
    lines = airflow.rest.call("GET", path, params={"full_content": True}, headers={"Accept": "application/json"})
    return check.state, json.dumps(lines["content"])


def test_a_table_that_somebody_changed_in_between_is_red(airflow):
    """The witness looks from outside: at values, rows, titles; the next load mends them, and it is green."""
    newest = "(select max(date) from apod.picture)"
    states = {
        change: witness(airflow, change)
        for change in (
            "select",
            f"update apod.picture set explanation = 'Mine' where date = {newest}",
            f"delete from apod.picture where date = {newest}",
        )
    }
    airflow.trigger("load")
    airflow.settle()
    _, (_, value), (_, row) = states.values()

    assert ["success", "failed", "failed"] == [state for state, _ in states.values()]
    assert "values_as_published" in value.split("following tests have failed")[1]
    assert "rows_of_the_load" not in value.split("following tests have failed")[1]
    assert "rows_of_the_load" in row.split("following tests have failed")[1]
    assert "success" == witness(airflow, "select")[0]
    assert airflow.in_line == airflow.state()
