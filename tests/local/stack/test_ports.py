"""Two stacks that start at the same time never take the same port."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from local.stack.ports import ORDINARY, any_free, reserve
from tests.helpers.project import PROJECT

OTHER = "import sys; from local.stack.ports import reserve; print(reserve(int(sys.argv[1])))"


def other(port):
    """What another process gets that wants the same port."""
    command = [sys.executable, "-c", OTHER, f"{port}"]
    return int(subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout)


def test_a_port_is_given_once():
    """Before anything listens there; the same process gets it again."""
    port = reserve(any_free())

    assert port == reserve(port)
    assert port != other(port)


def test_a_port_where_somebody_listens_is_left_alone():
    """Another one is free."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        assert port != reserve(port)
        assert port != other(port)


def test_a_free_port_is_none_that_an_outgoing_connection_gets():
    """Else one of those is there before the server, and it cannot start."""
    outgoing = Path("/proc/sys/net/ipv4/ip_local_port_range")
    first = int(outgoing.read_text().split()[0]) if outgoing.exists() else ORDINARY.stop
    if first < ORDINARY.stop:
        pytest.skip(f"this system gives ports from {first} on to outgoing connections")

    assert all(port < first for port in {any_free() for _ in range(50)})
