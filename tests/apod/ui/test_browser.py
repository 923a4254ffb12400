"""Airflow's own UI with the page in it, in a real browser: log in, each view, links, search, themes, who may see it.

Screenshots are kept in .local/screenshots, at three widths.
"""

import json
import re
import shutil
from contextlib import closing
from datetime import date

import httpx
import psycopg
import pytest

from local.stack.layout import Layout
from local.stack.ready import bring_up
from local.stack.stack import Stack
from tests.helpers.project import PROJECT
from tools.chain import run_chain

playwright = pytest.importorskip("playwright.sync_api", reason="there is no Playwright here; make test has it")
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(BROWSER is None, reason="no browser is found; on Debian: apt-get install chromium"),
]
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
WIDTHS = {"phone": 390, "tablet": 820, "desktop": 1280}
SHOTS = PROJECT / ".local" / "screenshots"
HOSTILE = "<img src=x onerror=window.hacked=1><script>window.hacked=1</script>"


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """The archive, loaded and versioned; an edit by NASA; users with and without a role."""
    users = {"AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin,reader:viewer,nobody:"}
    running = Stack(Layout(base=tmp_path_factory.mktemp("ui")), print, users)
    with running.locked():
        try:
            with closing(bring_up(running)) as airflow:
                run_chain(airflow, limit=300, pause=0.5)
                edit = json.dumps({"date": newest(running), "at": None, "new": {"title": "An Edited Title"}})
                httpx.post(f"{running.stand_in}/-/edits", content=edit).raise_for_status()
                run_chain(airflow, limit=300, pause=0.5)
                yield running, airflow
        finally:
            running.stop()


def newest(stack, kind="%"):
    """The newest day, or that of one kind of picture."""
    with psycopg.connect(stack.server.dsn("apod")) as database:
        days = database.execute("select max(date) from apod.picture where media_type like %s", [kind])
        return f"{days.fetchone()[0]}"


@pytest.fixture(scope="module")
def passwords(stack):
    """Airflow makes one for each user."""
    return json.loads((stack[0].layout.airflow / "passwords.json").read_text())


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        made = driver.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield made
        made.close()


@pytest.fixture(scope="module")
def login(browser, stack, passwords):
    """What a browser keeps of somebody who has logged in by Airflow's own form."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{stack[0].address}/auth/login")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", passwords["admin"])
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/auth/login" not in url, timeout=60_000)
    page.wait_for_load_state("networkidle")
    kept = context.storage_state()
    context.close()
    return kept


@pytest.fixture
def page(browser, login):
    """Logged in; what the console says is an error of the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, storage_state=login)
    made = context.new_page()
    said = []
    made.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    made.on("pageerror", lambda error: said.append(f"{error}"))
    yield made
    context.close()
    ours = [line for line in said if "/apod/" in line or "Content Security Policy" in line or "apod.js" in line]
    assert [] == ours


def view(page, stack, path=""):
    """A view of the page, by itself."""
    page.goto(f"{stack[0].address}/apod/{path}")
    page.wait_for_load_state("networkidle")
    return page


def test_airflow_took_the_whole_plugin(stack):
    """One invalid entry drops all of it, and only a warning says so."""
    found = [one for one in stack[1].call("GET", "/plugins")["plugins"] if one["name"] == "apod"]

    assert ["/apod"] == [app["url_prefix"] for app in found[0]["fastapi_apps"]]
    assert {"nav", "dag"} == {one["destination"] for one in found[0]["external_views"]}
    assert [] == stack[1].call("GET", "/plugins/importErrors")["import_errors"]


def test_the_page_is_in_airflows_navigation_and_a_tab_of_the_dags(page, stack):
    """Where people look for it."""
    page.goto(f"{stack[0].address}/")
    page.get_by_role("link", name="APOD", exact=True).first.click()
    frame = page.frame_locator("iframe")
    frame.get_by_role("heading", level=1).wait_for(timeout=60_000)
    title = frame.get_by_role("heading", level=1).inner_text()
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.wait_for_timeout(1000)
    page.screenshot(path=SHOTS / "airflow-nav.png")
    page.goto(f"{stack[0].address}/dags/apod_load/plugin/apod-archive")
    page.frame_locator("iframe").get_by_role("heading", level=1).wait_for(timeout=60_000)

    assert "An Edited Title" == title


def test_a_person_finds_her_way(page, stack):
    """From today to the calendar, by a click to a day, to its version, to what NASA changed, to a search."""
    view(page, stack)
    page.locator("[data-load] table").wait_for()
    assert "main points at the CSV there is now" in page.locator("[data-load]").inner_text()
    page.get_by_role("link", name="Calendar").click()
    page.locator(".calendar svg").wait_for()
    page.wait_for_load_state()  # else the script, which runs last, may miss the pointer
    box = page.locator(".calendar svg").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    page.locator("#preview p").wait_for()  # the script answers when it may
    hovered = page.locator("#preview p").inner_text()[:10]
    page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    page.wait_for_url(f"**/day/{hovered}")
    assert page.get_by_role("heading", level=1).inner_text().startswith(hovered)
    page.get_by_role("link", name="Versions").click()
    page.locator("[data-commit]", has_text="yes").first.wait_for()
    page.locator(".versions a").first.click()
    assert "An Edited Title" in page.locator("main").inner_text()
    page.get_by_role("link", name="Corrections").click()
    assert "An Edited Title" in page.locator("ins").first.inner_text() + page.locator("h2").first.inner_text()
    page.get_by_role("searchbox").fill("edited title")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=edited+title")
    page.locator(".gallery a").first.click()
    page.wait_for_url("**/day/*")


def test_the_gallery_is_never_empty_offline(page, stack):
    """The stand-in draws what its archive invents."""
    view(page, stack, "search?q=comet")
    page.wait_for_function("[...document.images].slice(0, 6).every((one) => one.complete)")

    assert page.evaluate("[...document.images].slice(0, 6).every((one) => one.naturalWidth > 0)")
    assert 24 == page.locator(".gallery li").count()


def test_it_can_be_used_by_keyboard(page, stack):
    """The first key leads past the navigation; what has the focus is seen to have it."""
    view(page, stack, "calendar")
    page.keyboard.press("Tab")
    first = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")

    assert ("To the content", "solid") == (first, outline)
    assert [] == page.evaluate(
        "[...document.querySelectorAll('img:not([alt]), input:not([id]), svg:not([aria-label]):not([aria-hidden])')]"
        ".map((one) => one.outerHTML)"
    )


def test_the_calendar_shows_what_it_points_at(page, stack):
    """Picture and title of a day, by pointer and by keyboard; a year is a click, a day is Enter."""
    view(page, stack, "calendar")
    page.locator(".calendar").focus()
    shown = page.locator("#preview p")
    last, still = newest(stack[0]), newest(stack[0], "image")
    shown.get_by_text(f"{last}: ").wait_for()
    for _ in range((date.fromisoformat(last) - date.fromisoformat(still)).days):
        page.keyboard.press("ArrowLeft")  # from a video, which has no picture
    shown.get_by_text(f"{still}: ").wait_for()
    image = page.locator("#preview img").get_attribute("src")
    page.keyboard.press("PageUp")
    shown.get_by_text(f"{int(still[:4]) - 1}-").wait_for()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    by_key = page.evaluate("document.querySelector('.chosen').getBBox().x")
    box = page.locator(".calendar svg").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    shown.get_by_text(re.compile(r"^2010-\d\d-\d\d: .+")).wait_for()
    page.get_by_role("link", name="1999", exact=True).click()
    page.wait_for_url("**/year/1999")

    assert image
    assert by_key > 0
    assert "1999: 365 pictures" == page.get_by_role("heading", level=1).inner_text()
    assert 12 == page.locator("h2").count()


@pytest.mark.parametrize(("name", "kind"), [("versions", "line"), ("corrections", "bar")])
def test_a_chart_is_drawn_and_can_be_read(page, stack, name, kind):
    """By the library, in the theme's colours; the same numbers are a table for who does not see it."""
    view(page, stack, name)
    drawn = page.evaluate("Chart.getChart(document.querySelector('canvas')).data.datasets[0].data.map(Number)")
    typed = page.evaluate("Chart.getChart(document.querySelector('canvas')).config.type")
    page.get_by_text("The same as a table").click()
    told = [int(cell) for cell in page.locator(".chart td").all_inner_texts()]

    assert kind == typed
    assert drawn == told
    assert any(drawn)


@pytest.mark.parametrize("width", WIDTHS)
def test_each_view_fits_each_width_and_theme(browser, stack, login, width):
    """Nothing hangs over the edge; text has enough contrast with its ground, as it came and in the other theme."""
    size, schemes = {"width": WIDTHS[width], "height": 900}, ["light", "dark"]
    context = browser.new_context(viewport=size, storage_state=login)
    page = context.new_page()
    SHOTS.mkdir(parents=True, exist_ok=True)
    commit = stack[1].call("GET", "/dags/apod_version/dagRuns", params={"limit": 1})  # any answer: the API is up
    assert commit
    for name in (
        "",
        "calendar",
        "versions",
        "corrections",
        "sources",
        "year/2026",
        "search?q=nebula",
        f"day/{newest(stack[0])}",
    ):
        page.emulate_media(color_scheme=schemes[0])
        view(page, stack, name)
        word = name.partition("?")[0].partition("/")[0] or "today"
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme)
            page.evaluate(PAINTED)
            page.screenshot(path=SHOTS / f"{word}-{width}-{scheme}.png")
            over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            contrast = page.evaluate(CONTRAST)

            assert scheme == page.locator("html").get_attribute("data-theme")
            assert over <= 0, f"{word} is {over} px too wide"
            assert contrast >= 4.5, f"{word}: contrast {contrast}"
        schemes.reverse()  # the next view comes in what this one was left in
    context.close()


PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
CONTRAST = """() => {
  const bright = (colour) => {
    const [r, g, b] = colour.match(/[0-9.]+/g).slice(0, 3).map((v) => v / 255)
      .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = bright(getComputedStyle(document.body).backgroundColor);
  return Math.min(...[...document.querySelectorAll("p, a, h1, h2, td, th, time, dt, dd, .facts, .bad")]
    .filter((one) => one.textContent.trim()).map((one) => {
      const ink = bright(getComputedStyle(one).color);
      return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    }));
}"""


def test_it_takes_airflows_theme(page, stack):
    """The switch in Airflow's own menu, not only the system's."""
    page.goto(f"{stack[0].address}/plugin/apod")
    frame = page.frame_locator("iframe")
    frame.get_by_role("heading", level=1).wait_for(timeout=60_000)
    for theme in ("dark", "light"):
        page.evaluate(f"document.documentElement.className = '{theme}'")
        page.wait_for_timeout(200)
        assert theme == frame.locator("html").get_attribute("data-theme")


def test_hostile_words_do_nothing(page, stack):
    """NASA's texts are shown, never run."""
    with psycopg.connect(stack[0].server.dsn("apod"), autocommit=True) as database:
        before = database.execute("select title from apod.picture where date = '2001-01-01'").fetchone()[0]
        database.execute("update apod.picture set title = %s where date = '2001-01-01'", [HOSTILE])
        try:
            view(page, stack, "day/2001-01-01")
            shown, hacked = page.get_by_role("heading", level=1).inner_text(), page.evaluate("window.hacked")
            view(page, stack, "search?q=hacked")
        finally:
            database.execute("update apod.picture set title = %s where date = '2001-01-01'", [before])

    assert (f"2001-01-01: {HOSTILE}", None, None) == (shown, hacked, page.evaluate("window.hacked"))


def token(stack, user, password):
    answer = httpx.post(f"{stack[0].address}/auth/token", json={"username": user, "password": password})
    return answer.json()["access_token"]


@pytest.mark.parametrize(("user", "status"), [("admin", 200), ("reader", 200), ("nobody", 403), (None, 401)])
def test_it_is_as_closed_as_airflow(stack, passwords, user, status):
    """Who may read the DAGs sees it; nobody else, not one view of it; nobody writes by it."""
    headers = {"Authorization": f"Bearer {token(stack, user, passwords[user])}"} if user else {}
    views = ("", "status", "calendar", "versions", "versions/states", "corrections", "search?q=comet", "day/2001-01-01")
    found = {
        name: httpx.get(f"{stack[0].address}/apod/{name}", headers=headers, timeout=60).status_code for name in views
    }
    written = httpx.post(f"{stack[0].address}/apod/", headers=headers).status_code

    assert {status} == {*found.values()}
    assert 405 == written


def test_the_version_task_leads_to_its_commit(stack):
    """And the asset's page has the facts of the version."""
    rest = stack[1]
    run = rest.newest_run("apod_version")
    links = rest.call("GET", f"{run.path}/taskInstances/version/links")["extra_links"]
    asset = rest.call("GET", "/assets", params={"name_pattern": "apod_version"})["assets"][0]
    events = rest.call("GET", "/assets/events", params={"asset_id": asset["id"]})["asset_events"]
    facts = events[-1]["extra"]
    shown = httpx.get(links["Commit"], headers={"Authorization": rest.authorization})

    assert {"commit", "md5", "rows", "last"} <= facts.keys()
    assert links["Commit"].endswith(facts["commit"])
    assert 200 == shown.status_code
