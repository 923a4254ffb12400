"""A Python that has DVC imported already, for APOD_DVC_PYTHON: a thousand versions need not import it a thousand times.

`serve` forks a child for each request; `main`, run as the interpreter, hands its files, folder and arguments over.
"""

import os
import runpy
import socket
import sys
from pathlib import Path

# a first line for the kernel may hold no space; the second is a command for the shell, and a string for Python
SHIM = """#!/bin/sh
"exec" "{python}" "-IS" "$0" "$@"
import os, socket, sys
door = socket.socket(socket.AF_UNIX)
door.connect({address!r})
said = "\\0".join([os.getcwd(), os.environ.get("DVC_SITE_CACHE_DIR", ""), *sys.argv[1:]])
socket.send_fds(door, [said.encode()], [0, 1, 2])
sys.exit(door.recv(1)[0])
"""


def shim(folder):
    """The program that passes for an interpreter, and where it finds the server."""
    address, program = str(folder / "dvc"), folder / "python"
    program.write_text(SHIM.format(python=sys.executable, address=address))
    program.chmod(0o755)
    return program, address


def serve(address):
    """Answers until it is killed."""
    import dvc.repo.push  # noqa: F401

    door = socket.socket(socket.AF_UNIX)
    door.bind(address)
    door.listen()
    while True:
        client, _ = door.accept()
        if os.fork():
            client.close()
            continue
        if os.fork():  # the grandchild works, this one waits for it: nobody is left unreaped
            os._exit(0)
        said, files, _, _ = socket.recv_fds(client, 65536, 3)
        child = os.fork()
        if not child:
            work(said.decode().split("\0"), files)
        _, status = os.waitpid(child, 0)
        client.send(bytes([min(255, abs(os.waitstatus_to_exitcode(status)))]))
        os._exit(0)


def work(said, files):
    """Runs a script as an interpreter would."""
    folder, site, script, *arguments = said
    for number, file in enumerate(files):
        os.dup2(file, number)
    os.chdir(folder)
    os.environ.update({"DVC_SITE_CACHE_DIR": site, "DVC_NO_ANALYTICS": "1"})
    sys.stdin, sys.stdout, sys.stderr = (open(number, mode) for number, mode in ((0, "r"), (1, "w"), (2, "w")))  # noqa: SIM115, PTH123
    sys.argv = [script, *arguments]
    status = 0
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else bool(end.code)
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
    sys.stderr.flush()
    sys.stdout.flush()
    os._exit(status or 0)


def start(folder):
    """Starts the server in a process of its own; returns its number and the program."""
    program, address = shim(Path(folder))
    child = os.fork()
    if not child:
        os.setsid()
        serve(address)
    while not Path(address).exists():
        os.sched_yield()
    return child, program
