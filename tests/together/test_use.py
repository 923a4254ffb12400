"""docs/use.md: every line of it, on a real release."""

import functools
import http.server
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from obstore.store import LocalStore

from include.apod.release.release import Target, release
from tests.helpers.project import PROJECT

PAGE = Path(PROJECT, "docs", "use.md")
EXAMPLES = [
    (heading.strip(), language, text)
    for heading, body in re.findall(
        r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE.read_text() if PAGE.exists() else "", re.MULTILINE | re.DOTALL
    )
    for language, text in re.findall(r"^```(\w+)\n(.*?)^```", body, re.MULTILINE | re.DOTALL)
]


@pytest.fixture
def served(commit, repository, loaded, database, tmp_path):
    """A release, and its address at a plain file server."""
    folder = tmp_path / "release"
    folder.mkdir()
    commit()
    release(repository, None, loaded, database, Target(f"{folder}", LocalStore(folder)))
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_there_is_an_example_of_each_way():
    """A new heading without lines that run would be prose."""
    assert {"python": 6, "sh": 1, "r": 1} == {
        kind: sum(language == kind for _, language, _ in EXAMPLES) for kind in ("python", "sh", "r")
    }


@pytest.mark.parametrize(
    ("language", "text"),
    [example[1:] for example in EXAMPLES],
    ids=[f"{heading} {number}" for number, (heading, *_) in enumerate(EXAMPLES)],
)
def test_an_example_runs(served, language, text):
    """As it stands on the page, in the folder with the newest files."""
    folder, address = served
    commands = {"python": [sys.executable, "-c"], "sh": ["sh", "-euc"], "r": ["Rscript", "-e"]}
    if shutil.which(commands[language][0]) is None:
        assert "r" == language  # no R here: its lines are as readr's own documentation has them
        return
    done = subprocess.run(
        [*commands[language], text.replace("https://example.org/apod", address)],
        cwd=folder / "latest",
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": f"{folder}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == done.returncode, done.stderr
