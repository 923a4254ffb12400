"""The page over real PostgreSQL, store and repository, without Airflow; who may see it is tried in a browser."""

import os
import re
import shutil
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

import psycopg
import pytest
from bs4 import BeautifulSoup
from fastapi import Depends, HTTPException
from starlette.testclient import TestClient

from include.apod.adapters.commits import commit_url
from include.apod.adapters.dvc import Remote
from include.apod.days import Span
from include.apod.formats import raw as raw_store
from include.apod.formats.schema import migrate
from include.apod.formats.statements import statement
from include.apod.formats.store import Store
from include.apod.ingest.ingest import ingest
from include.apod.settings import read_settings
from include.apod.ui import calendar, views
from include.apod.ui.app import image_url, make_app
from include.apod.ui.plots import bars, write
from include.apod.version.release_note import Stamp
from include.apod.version.version import version
from local.nasa.archive import record_of
from tests.helpers.deployment import environment, postgres_connection
from tests.helpers.project import LOADED, NOON
from tests.helpers.repository import opened
from tests.helpers.steps import edit, load

DAY = date(2026, 11, 20)
SESSION = ("default_transaction_read_only", "transaction_read_only", "statement_timeout", "timezone", "client_encoding")
STAMP = Stamp("manual__1", "0123abc", date(2026, 10, 1))
ARCHIVE = "archive"  # the database that those of `archive` are copies of


@pytest.fixture
def settings(deployment, database, bare, tmp_path, store):
    """What a deployment sets."""
    postgres, remote = postgres_connection(database.info), tmp_path / "dvc remote"
    variables = environment(store=store.root, postgres=postgres, repository=bare.as_uri(), remote=remote)
    deployment.set(**variables, APOD_SINCE="2026-10-01")
    return deployment


@pytest.fixture
def http(settings):
    with TestClient(make_app((), lambda: "git@github.com:you/apod.git")) as client:
        yield client


class Archive(NamedTuple):
    """Where two versions are, and their commits."""

    store: Store
    bare: Path
    first: str
    second: str


@pytest.fixture(scope="module")
def made_archive(made_loaded, made_bare, server, administration, python_with_dvc, tmp_path_factory):
    """What `archive` is a copy of."""
    folder = tmp_path_factory.mktemp("archive")
    store, bare = Store(folder / "store"), folder / "bare"
    shutil.copytree(made_loaded.root, store.root)
    shutil.copytree(made_bare, bare)
    repository, remote = opened(bare.as_uri()), Remote(f"{folder / 'dvc remote'}", python_with_dvc)
    administration.execute(f"create database {ARCHIVE} template {LOADED}")
    with psycopg.connect(server.dsn(ARCHIVE), autocommit=True) as connection:
        first = version(repository, remote, store, connection, STAMP).facts["commit"]
        edit(store, DAY, title="A Corrected Title", explanation="Now with other words about a galaxy.")
        load(store, connection)
        second = version(repository, remote, store, connection, STAMP).facts["commit"]
    return Archive(store, bare, first, second)


@pytest.fixture
def template(request, template):
    return ARCHIVE if "archive" in request.fixturenames else template


@pytest.fixture
def archive(made_archive, database, bare, store):  # the database has its table
    """Two versions, with an edit in the second."""
    shutil.copytree(made_archive.store.root, store.root)
    shutil.copytree(made_archive.bare, bare, dirs_exist_ok=True)
    return store, made_archive.first, made_archive.second


def text(answer):
    assert answer.status_code == 200, answer.text
    return " ".join(BeautifulSoup(answer.text, "html.parser").get_text(" ").split())


def test_today_is_the_newest_picture(http, archive):
    """With its age, and what is left to do."""
    page = text(http.get("/"))
    status = text(http.get("/status"))

    assert f"{NOON:%Y-%m-%d}" in page
    assert "apod_version main points at the CSV there is now" in status
    assert "table and CSV hold what the raw store says" in status


def test_the_calendar_has_every_day_and_what_it_is(http, archive, settings, monkeypatch):
    """Held, corrected, and what is missing since: told by colour, by count and as a table."""
    answer = http.get("/calendar")
    page = text(answer)
    days = (datetime.now(UTC).date() - date(2026, 10, 1)).days

    assert "corrected by NASA: 1" in page
    assert "held: 53" in page
    assert f"{days - 54 + 1} missing" in answer.text or f"{days - 54} missing" in answer.text
    assert '<path class="corrected" d="M' in answer.text


def test_each_day_of_a_year_has_a_column_of_its_own():
    """Leap years and others line up, and a click leads back to the day."""
    whole = [date(2024, 1, 1) + timedelta(days=n) for n in range(731)]
    places = {calendar.place(day) for day in whole}

    assert 731 == len(places)
    assert calendar.place(date(2023, 3, 1))[0] == calendar.place(date(2024, 3, 1))[0]


def test_runs_of_troubled_days_are_told_together():
    """A week without a picture is one line."""
    first = date(2026, 1, 1)
    states = {
        first + timedelta(days=n): state for n, state in enumerate(["held", "missing", "missing", "absent", "held"])
    }
    spans = [(f"{span}", state) for span, state in calendar.without_picture(states)]

    assert [("2026-01-04", "absent"), ("2026-01-02..2026-01-03", "missing")] == spans


def test_a_day_has_its_passport(http, archive):
    """Row, correction, version and records."""
    _, first, _ = archive
    page = text(http.get(f"/day/{DAY}"))
    other = text(http.get("/day/2026-10-05"))

    assert "A Corrected Title" in page
    assert "What it said before" in page
    assert first[:12] in other
    assert "NASA's own words" in other
    assert 303 == http.get("/day?date=2026-10-05", follow_redirects=False).status_code


def test_a_day_says_who_kept_its_words(http, archive):
    """An observation that was imported: repository, commit and file."""
    store, _, _ = archive
    record = {**record_of(DAY), "title": "As it was"}
    via = {"repository": "https://github.com/somebody/apod", "commit": "0123abc", "path": "json/2026-11.json"}
    one = raw_store.Observation(DAY, "2026-11-21T00:00:00Z", "planetary", raw_store.digest(record), record, via=via)
    raw_store.merge(store.raw, [one])

    assert "planetary, kept by https://github.com/somebody/apod 0123abc json/2026-11.json" in text(
        http.get(f"/day/{DAY}")
    )


def test_settings_are_read_once_and_git_is_not_run_for_each_request(settings, archive, tmp_path, monkeypatch):
    """A `git` that notes each of its calls stands before the real one."""
    calls, shim = tmp_path / "calls", tmp_path / "bin" / "git"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\necho "$*" >>"{calls}"\nexec {shutil.which("git")} "$@"\n')
    shim.chmod(0o755)
    calls.touch()
    monkeypatch.setenv("PATH", f"{shim.parent}:{os.environ['PATH']}")
    monkeypatch.delenv("APOD_CODE_VERSION")
    settings.set()
    with TestClient(make_app()) as client:
        client.get("/").raise_for_status()
        first = calls.read_text()
        for path in ("/", f"/day/{DAY}", "/calendar", "/versions", "/search?q=a"):
            client.get(path).raise_for_status()

    assert first == calls.read_text()


def test_versions_have_commits_changes_and_states(http, archive):
    """Links lead to the host of the repository, and to Airflow's own page of the run."""
    _, first, second = archive
    answer = http.get("/versions")
    page = text(answer)

    assert "1 corrected , 54 pictures" in page.replace("corrected,", "corrected ,")
    assert "54 added , 54 pictures" in page.replace("added,", "added ,")
    assert f'href="https://github.com/you/apod/commit/{second}"' in answer.text
    assert 'href="../dags/apod_version/runs/manual__1"' in answer.text
    assert {first: "yes", second: "yes"} == http.get("/versions/states").json()


def test_versions_say_where_the_release_is(http, archive, settings):
    """The newest one as files, and the feed; nothing where there is no release."""
    before = text(http.get("/versions"))
    settings.set(APOD_RELEASE="s3://a-bucket/apod")
    page = text(http.get("/versions"))

    assert "latest.json" not in before
    assert 503 == http.get("/corrections.xml").status_code
    assert "s3://a-bucket/apod/latest.json" in page
    assert "s3://a-bucket/apod/latest/corrections.xml" in page


def test_the_feed_of_the_release_is_a_click_away(http, archive, settings, tmp_path):
    """As it stands in the release; before there is one the page says so."""
    (tmp_path / "release" / "latest").mkdir(parents=True)
    settings.set(APOD_RELEASE=f"{tmp_path / 'release'}")
    before = http.get("/corrections.xml")
    (tmp_path / "release" / "latest" / "corrections.xml").write_text("<feed/>")
    after = http.get("/corrections.xml")

    assert (503, True) == (before.status_code, "There is no release yet" in before.text)
    assert (200, "<feed/>", "application/atom+xml") == (after.status_code, after.text, after.headers["content-type"])
    assert 'href="corrections.xml"' in http.get("/versions").text


def test_a_version_says_what_changed_and_how_to_pull_it(http, archive):
    """Commands that anyone can paste."""
    _, first, second = archive
    page = text(http.get(f"/versions/{second}"))

    assert f"git checkout {second} dvc pull data/apod_data.csv.dvc" in page
    assert "A Corrected Title" in page
    assert "It is the first version." in text(http.get(f"/versions/{first}"))


def test_a_year_is_a_gallery_and_the_calendars_preview(http, archive):
    """Month by month, each picture with its title; the same as data for who points at a day."""
    page = http.get("/year/2026")
    pictures = http.get("/year/2026/pictures").json()

    assert "2026: 54 pictures" in text(page)
    assert ["2026-10", "2026-11"] == [one.get_text() for one in BeautifulSoup(page.text, "html.parser").find_all("h2")]
    assert "A Corrected Title" == pictures[f"{DAY}"][0]
    assert 54 == len(pictures)
    assert "There is no picture of this year" in text(http.get("/year/2001"))
    assert 422 == http.get("/year/1").status_code


def test_today_has_the_days_before(http, archive):
    """Twelve of them, each a click away."""
    listed = BeautifulSoup(http.get("/").text, "html.parser").select(".gallery li a")

    assert [f"day/2026-11-{day}" for day in range(22, 10, -1)] == [link["href"] for link in listed]


def test_sources_tells_where_the_services_differ(nasa, scope, http, archive):
    """Field by field, of days that both spoke of; what they say alike is counted."""
    store, _, _ = archive
    ingest(nasa.sources("basic"), store, replace(scope, reread=Span(date(2026, 11, 18), DAY)))
    page = text(http.get("/sources?month=2026-11"))

    assert "Both services, basic and planetary, have spoken of 3 days of 2026-11" in page
    assert f"{DAY} " in page
    assert "A Corrected Title" in page
    assert "page_url, only basic" in page
    assert "have spoken of 0 days of 2026-10" in text(http.get("/sources?month=2026-10"))
    assert 404 == http.get("/sources?month=2026-13").status_code
    assert 404 == http.get("/sources?month=../../x").status_code


def test_corrections_mark_the_words_that_changed(http, archive):
    """Not the whole text twice."""
    answer = http.get("/corrections")
    marked = BeautifulSoup(answer.text, "html.parser")

    assert "A Corrected Title" in " ".join(one.get_text() for one in marked.find_all("ins"))
    assert marked.find_all("del")
    assert [("same", "a"), ("del", "b"), ("ins", "x y"), ("same", "c")] == views.word_diff("a b c", "a x y c")


def test_search_finds_words_in_titles_and_texts(http, archive):
    """As people type: in any form, with quotes, without words."""
    found = http.get("/search", params={"q": '"corrected title"'})
    galaxies = http.get("/search", params={"q": "galaxies -comet"})

    assert "1 pictures with" in text(found)
    assert f"{DAY}" in text(galaxies)
    assert "Nothing has all of these words" in text(http.get("/search", params={"q": "zebra"}))
    assert "Search titles and texts" in text(http.get("/search"))


def test_a_search_reads_the_index_and_not_the_table(archive, database):
    """The plan, as PostgreSQL would show it."""
    database.execute("set enable_seqscan = off")  # fifty rows would be read whole
    database.execute("set enable_indexscan = off")  # or by their dates
    plan = database.execute(
        b"explain (analyze, buffers) " + statement("ui/search"), {"words": "galaxy", "most": 25, "skipped": 0}
    ).fetchall()
    lines = "\n".join(row[0] for row in plan)

    assert "picture_words" in lines, lines


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>{{777*7777}} \u202e'\"; drop table apod.picture; --"


def test_nasas_words_are_never_markup(http, archive, database, monkeypatch):
    """Nor an address that is a script."""
    monkeypatch.delenv("APOD_PICTURES_FROM", raising=False)
    store, _, _ = archive
    edit(
        store, NOON.date(), "2026-11-25T00:00:00Z",
        title=HOSTILE, explanation=HOSTILE, copyright=HOSTILE, url="javascript:alert(1)", hdurl="javascript:alert(1)",
    )  # fmt: skip
    load(store, database, mass_change=True)
    for address in (
        "/",
        f"/day/{NOON:%Y-%m-%d}",
        "/corrections",
        "/search?q=alert",
        "/versions",
        "/year/2026",
        "/sources",
    ):
        page = BeautifulSoup(http.get(address).text, "html.parser")

        ours = {"static/apod.js", "../static/apod.js", "static/chart.js/chart.umd.min.js"}

        assert ours >= {one.get("src") for one in page.find_all("script")}
        assert [] == page.find_all(attrs={"onerror": True})
        assert [] == [one for one in page.find_all(["a", "img"]) if "javascript:" in str(one.attrs)]
        assert "6042729" not in page.get_text() or "{{777*7777}}" in page.get_text()


@pytest.mark.parametrize(
    "address",
    [
        "/search?q=%27%3B%20drop%20table%20apod.picture%3B%20--",
        "/search?q=%00&skipped=-5",
        "/search?q=" + "a" * 5000,
        "/corrections?before=-1",
        "/corrections?before=99999999999999999999999",
        "/versions?skipped=-1",
        "/year/2026/pictures",
        "/versions?skipped=99999999999999999999999",
        "/search?q=galaxy&skipped=99999999999999999999999",
    ],
)
def test_what_is_typed_is_a_value_and_nothing_else(http, archive, database, address):
    """Whatever somebody types or sends."""
    answer = http.get(address)

    assert 200 == answer.status_code
    assert 54 == database.execute("select count(*) from apod.picture").fetchone()[0]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/versions/..%2f..%2fetc%2fpasswd", 404),
        ("/versions/no-such-commit", 404),
        ("/versions/%00", 404),
        ("/day/0001-01-01", 404),
        ("/day/9999-12-31", 404),
        ("/day/2026-13-01", 422),
        ("/day/1900-01-01", 404),
        ("/static/..%2fapp.py", 404),
        ("/static/../app.py", 404),
        ("/search?q=a&skipped=x", 422),
    ],
)
def test_what_is_not_there_is_told(http, archive, address, status):
    """With the status that machines expect."""
    assert status == http.get(address).status_code


@pytest.mark.parametrize(
    "address", ["https://[apod", "https://", "http://[::1", "//x", "\u00e9://\u00e9", "https://x:y/"]
)
def test_an_address_that_is_none_costs_no_view(http, archive, database, address):
    """Whatever a service once said."""
    database.execute("update apod.picture set url = %s, hdurl = %s, page_url = %s", (address, address, address))
    newest = f"{NOON:%Y-%m-%d}"

    assert [200] * 4 == [
        http.get(view).status_code for view in ("/", f"/day/{newest}", "/search?q=the", "/corrections")
    ]


def test_the_answers_forbid_what_the_page_does_not_need(http, archive):
    """No script, frame or form of anybody else."""
    headers = http.get("/").headers

    assert "default-src 'none'" in headers["content-security-policy"]
    assert "script-src 'self'" in headers["content-security-policy"]
    assert ("nosniff", "no-store") == (headers["x-content-type-options"], headers["cache-control"])


def test_who_may_not_read_the_dags_sees_nothing(settings, archive):
    """Each route asks; there is none that writes."""

    def refuse():
        raise HTTPException(403)

    app = make_app([Depends(refuse)])
    with TestClient(app) as http:
        paths = [route.path for route in app.routes if hasattr(route, "methods")]
        answers = {path: http.get(re.sub(r"\{.*\}", "2026-11-20", path)).status_code for path in paths}

    assert len(paths) >= 9
    assert {403} == set(answers.values())
    assert [] == [route for route in app.routes if getattr(route, "methods", {"GET"}) - {"GET", "HEAD"}]


def test_a_page_leaves_nothing_in_its_session(archive, settings, monkeypatch):
    """Behind a pooler the next load, or another client, gets that session."""
    kept = []
    open_database = views.connections.open_database

    @contextmanager
    def pooled(seconds):
        with open_database(seconds) as connection:
            yield connection
            kept.append([connection.execute(f"show {name}").fetchone()[0] for name in SESSION])

    monkeypatch.setattr(views.connections, "open_database", pooled)
    with open_database() as connection:
        before = [connection.execute(f"show {name}").fetchone()[0] for name in SESSION]
    with views.database() as connection:
        inside = [connection.execute(f"show {name}").fetchone()[0] for name in SESSION]

    assert [before] == kept
    assert inside != before


def test_a_page_does_not_write(archive, settings):
    """Its transactions are read only."""
    with pytest.raises(Exception, match="read-only"), views.database() as database:
        database.execute("delete from apod.picture")


@pytest.mark.parametrize("view", ["/", "/calendar", "/versions", "/corrections", "/search?q=galaxy", "/day/2026-11-20"])
def test_without_a_database_each_view_says_what_to_do(http, settings, view):
    """Instead of a traceback."""
    settings.set(AIRFLOW_CONN_APOD_POSTGRES={"conn_type": "postgres", "host": "127.0.0.1", "port": 1})
    answer = http.get(view)

    assert 503 == answer.status_code
    assert "PostgreSQL of connection apod_postgres" in answer.text


def test_without_a_table_there_is_no_archive_yet(http, settings):
    """As on the first day."""
    answer = http.get("/")

    assert 404 == answer.status_code
    assert "Trigger apod_ingest" in answer.text


def test_an_empty_archive_and_no_version_are_said(http, database):
    """An empty page would look broken."""
    migrate(database)

    assert "Trigger apod_ingest" in text(http.get("/"))
    assert "There is no version yet" in text(http.get("/versions"))
    assert "Nothing yet." in text(http.get("/corrections"))
    assert "missing" in text(http.get("/calendar"))


def test_without_a_store_the_rest_works(http, archive, settings):
    """The table is in PostgreSQL."""
    settings.set(APOD_STORE="s3://bucket/apod")
    settings.set(AIRFLOW_CONN_APOD_STORE={"conn_type": "aws", "extra": {"endpoint_url": "carrier://pigeon"}})
    calendar_, day, status = text(http.get("/calendar")), text(http.get(f"/day/{DAY}")), text(http.get("/status"))

    assert "The raw store cannot be read" in calendar_
    assert "A Corrected Title" in day
    assert "The raw store cannot be read" in day
    assert "unknown: " in status


def test_without_a_repository_the_rest_works(http, archive, settings):
    """Each part of the status is asked for by itself."""
    settings.set(AIRFLOW_CONN_APOD_GIT={"conn_type": "git", "host": "file:///nowhere"})

    assert 503 == http.get("/versions/states").status_code
    assert "54 added" in text(http.get("/versions"))
    assert "apod_version unknown" in text(http.get("/status"))


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("https://github.com/you/apod.git", "https://github.com/you/apod/commit/abc"),
        ("git@gitlab.com:you/apod.git", "https://gitlab.com/you/apod/-/commit/abc"),
        ("https://token@github.com/you/apod", "https://github.com/you/apod/commit/abc"),
        ("file:///tmp/apod.git", None),
        ("https://git.example.org/apod.git", None),
        ("javascript:alert(1)", None),
    ],
)
def test_a_commit_has_a_link_where_its_host_is_known(address, url):
    """Elsewhere it is shown without."""
    assert url == commit_url(address, "abc")


@pytest.mark.parametrize(
    ("row", "source", "shown"),
    [
        ({"media_type": "image", "url": "https://x.example/a.jpg"}, None, "https://x.example/a.jpg"),
        ({"media_type": "image", "url": "https://x.example/a/b.jpg"}, "http://127.0.0.1:1/", "http://127.0.0.1:1/a/b.jpg"),
        ({"media_type": "image", "url": "https://apod.nasa.gov/apod/image/1803/a.jpg"}, None,
         "https://assets.science.nasa.gov/content/dam/science/cds/apod/apod/2018/march/a.jpg"),
        ({"media_type": "video", "url": "https://x.example/v"}, None, None),
        ({"media_type": "image", "url": "javascript:alert(1)"}, None, None),
        ({"media_type": "image", "url": None}, None, None),
    ],
)  # fmt: skip
def test_only_what_is_a_picture_is_shown_as_one(row, source, shown):
    """A page in an iframe or a local path is none."""
    assert shown == image_url({"thumbnail_url": None, **row}, source)


def test_the_plots_are_pictures_that_stand_alone(archive, settings, database, tmp_path):
    """For people without the UI: no style sheet, no script, each with a name for who does not see it."""
    made = write(tmp_path / "plots", database, read_settings())
    drawn = {path.name: path.read_text() for path in made}
    roots = {name: ET.fromstring(text) for name, text in drawn.items()}

    assert {"calendar.svg", "calendar-dark.svg", "growth.svg", "corrections.svg"} == drawn.keys()
    assert all(root.get("aria-label") for root in roots.values())
    assert "2026: 54" in drawn["growth.svg"]
    assert "53 held, 1 corrected by NASA" in roots["calendar.svg"].get("aria-label")
    assert not any("class=" in text or "<script" in text or "currentColor" in text for text in drawn.values())
    assert "nothing yet" in bars("A title", [])
