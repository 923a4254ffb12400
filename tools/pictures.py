"""`make pictures`: the pictures of README and docs, from a run of the local stack and a browser that looks at it."""

from __future__ import annotations

import json
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx
import typer

from include.apod.days import DAY, newest_publishable
from include.apod.settings import read_settings
from include.apod.ui.plots import write
from local.stack.errors import StackError
from local.stack.layout import PROJECT, Layout
from local.stack.ready import bring_up
from local.stack.stack import Stack
from tools.chain import run_chain

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from local.stack.airflow_api import AirflowApi

PICTURES = PROJECT / "docs" / "pictures"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
EDITED = {3: "A Title That NASA Corrected", 6: "Another One"}  # days ago


def logged_in(browser: Browser, stack: Stack, scheme: str) -> Page:
    """A window of Airflow's UI, in one theme."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]  # light or dark
    page = context.new_page()
    page.goto(f"{stack.address}/auth/login")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", stack.facts["login_password"])
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/auth/login" not in url, timeout=60_000)
    return page


def shots(browser: Browser, stack: Stack, airflow: AirflowApi, scheme: str) -> None:
    """The asset graph and the views of the page, in one theme."""
    page = logged_in(browser, stack, scheme)
    asset = airflow.call("GET", "/assets", params={"name_pattern": "apod_csv"})["assets"][0]["id"]
    places = {"assets": f"assets/{asset}", "page": "plugin/apod", "calendar": "apod/calendar"}
    for name, place in places.items():
        page.goto(f"{stack.address}/{place}")
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(2500)  # graphs are laid out and pictures drawn
        page.screenshot(path=PICTURES / f"{name}-{scheme}.png")
    page.context.close()


STEPS = [("apod_ingest", "ingest"), ("apod_load", "transform"), ("apod_load", "publish"), ("apod_version", "version")]


def steps(browser: Browser, stack: Stack, airflow: AirflowApi) -> None:
    """The log of each step's task, as Airflow shows it, and the version on the page."""
    page = logged_in(browser, stack, "light")
    places = []
    for dag, task in STEPS:
        run = airflow.newest_run(dag)
        assert run  # noqa: S101  # for the type checker: the chain has just run
        places.append(f"dags/{dag}/runs/{quote(run.run)}/tasks/{task}")
    for number, place in enumerate([*places, "apod/versions"], 1):
        page.goto(f"{stack.address}/{place}")
        if number > len(STEPS):
            page.locator(".versions a").first.click()
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(2500)
        page.screenshot(path=PICTURES / f"step-{number}.png")
    page.context.close()


def main() -> None:
    """Draws them again."""
    import psycopg
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        raise StackError("There is no browser to look with; on Debian: apt-get install chromium.")
    with tempfile.TemporaryDirectory(prefix="apod-pictures-") as folder:
        stack = Stack(Layout(base=Path(folder)), typer.echo)
        with stack.locked():
            try:
                airflow = bring_up(stack)
                run_chain(airflow, limit=300)
                today = newest_publishable(datetime.now(UTC) - timedelta(hours=1))
                for ago, title in EDITED.items():
                    edit = json.dumps({"date": f"{today - ago * DAY}", "at": None, "new": {"title": title}})
                    httpx.post(f"{stack.stand_in}/-/edits", content=edit).raise_for_status()
                run_chain(airflow, limit=300)
                settings = read_settings().model_copy(update={"store": stack.layout.store})
                with psycopg.connect(stack.server.dsn("apod"), autocommit=True) as database:
                    write(PICTURES, database, settings)
                with sync_playwright() as driver:
                    browser = driver.chromium.launch(executable_path=path, args=FLAGS)
                    for scheme in ("light", "dark"):
                        shots(browser, stack, airflow, scheme)
                    steps(browser, stack, airflow)
                    browser.close()
            finally:
                stack.stop()
    for picture in sorted(PICTURES.iterdir()):
        typer.echo(f"{picture.relative_to(PROJECT)}  {picture.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
