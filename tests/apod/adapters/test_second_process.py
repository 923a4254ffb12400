"""Work that two processes share; each test in a process of its own, which has no other threads."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from tests.helpers.project import PROJECT

TWO_CORES = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2, reason="a second process needs Linux and two cores"
)


def python(text, *arguments):
    """Starts a program that has `map_in_two_processes`, and `here` for whether a process is the first one."""
    start = """
        import os, signal, sys, threading, time
        from include.apod.adapters import second_process
        from include.apod.adapters.second_process import map_in_two_processes
        first = os.getpid()
        here = lambda: os.getpid() == first
    """
    program = textwrap.dedent(start) + textwrap.dedent(text)
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )


def printed(text):
    with python(text) as process:
        out, _ = process.communicate(timeout=60)
    return out.split(), process.returncode


@TWO_CORES
@pytest.mark.parametrize("count", [0, 1, 2, 3, 8])
def test_every_second_item_is_made_elsewhere(count):
    """In the order of the items; a single one is not worth a process."""
    made, _ = printed(f"print(*((n, here()) for n in map_in_two_processes(lambda n: (n, here()), range({count}))))")
    pairs = [f"(({n}, {count < 2 or n % 2 == 1}), True)" for n in range(count)]

    assert " ".join(pairs).split() == made


@pytest.mark.parametrize(
    "harm", ["os._exit(1)", "os.kill(os.getpid(), signal.SIGKILL)", "raise MemoryError", "time.sleep(600)"]
)
def test_what_the_other_process_does_not_deliver_is_made_here(harm):
    """It may be killed for its memory, alone, or hang."""
    made, status = printed(f"""
        second_process.PATIENCE_SECONDS = 1
        def make(n):
            if n == 4 and not here():
                {harm}
            return n * n
        print(*map_in_two_processes(make, range(8)))
    """)

    assert ([f"{n * n}" for n in range(8)], 0) == (made, status)


def test_an_error_is_that_of_the_item():
    """Wherever it was first found."""
    made, _ = printed("""
        def make(n):
            if n == 3:
                raise ValueError("three")
            return n
        try:
            for n in map_in_two_processes(make, range(8)):
                print(n)
        except ValueError as error:
            print(error)
        try:
            os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            print("nobody left")
    """)

    assert ["0", "1", "three", "nobody", "left"] == made  # 2 is made at the same time


@TWO_CORES
def test_a_process_with_threads_works_alone():
    """What a thread had locked would stay locked in a copy."""
    made, _ = printed("""
        threading.Thread(target=time.sleep, args=(1,), daemon=True).start()
        print(*map_in_two_processes(lambda n: here(), range(4)))
    """)

    assert ["True"] * 4 == made


def test_a_system_other_than_linux_works_alone():
    """On macOS a pipe cannot be made larger, and the libraries break in a copy."""
    made, status = printed("""
        import fcntl, importlib
        vars(fcntl).pop("F_SETPIPE_SZ", None)
        sys.platform = "darwin"
        importlib.reload(second_process)
        print(*second_process.map_in_two_processes(lambda n: here(), range(4)))
    """)

    assert (["True"] * 4, 0) == (made, status)


@TWO_CORES
def test_it_ends_with_the_one_that_was_killed(tmp_path):
    """A task that Airflow kills leaves nothing behind."""
    with python(
        """
        def make(n):
            open(f"{sys.argv[1]}/{os.getpid()}", "w").close()
            time.sleep(0.2)
            return b"x" * 1_000_000
        for result in map_in_two_processes(make, range(1000)):
            pass
        """,
        tmp_path,
    ) as process:
        while len([*tmp_path.iterdir()]) < 2:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    (other,) = {int(path.name) for path in tmp_path.iterdir()} - {process.pid}
    until = time.monotonic() + 30
    while psutil.pid_exists(other) and time.monotonic() < until:
        time.sleep(0.05)

    assert not psutil.pid_exists(other)
    assert Path(tmp_path, str(process.pid)).exists()
