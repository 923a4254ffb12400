"""A Python that has DVC imported already, for APOD_DVC_PYTHON: a thousand versions need not import it a thousand times.

As a program it forks a child for each request; its `SHIM` passes for an interpreter and hands over its files, folder,
environment and arguments. What DVC is and does is DVC's own, the `-IS` of the shim is ours alone.
"""

import marshal
import os
import runpy
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from importlib import import_module

from tests.helpers.project import PROJECT

# DVC, and of the 150 modules that DVC 3.67 imports only when it is first used those that bring the others
PRELOAD = (
    "dulwich.ignore",
    "dulwich.worktree",
    "dvc.cachemgr",
    "dvc.data_cloud",
    "dvc.lock",
    "dvc.repo.artifacts",
    "dvc.repo.datasets",
    "dvc.repo.graph",
    "dvc.repo.init",
    "dvc.repo.metrics",
    "dvc.repo.params",
    "dvc.repo.plots",
    "dvc.repo.push",
    "dvc.repo.stage",
    "dvc.repo.trie",
    "dvc.rwlock",
    "dvc.scm",
    "dvc_data.hashfile.db.index",
    "dvc_data.hashfile.db.local",
    "dvc_data.hashfile.status",
    "dvc_s3",
    "fsspec.implementations.memory",
    "networkx",
    "pygit2",
    "rich._emoji_codes",
    "rich.live",
    "rich.status",
    "rich.table",
    "ruamel.yaml",
    "s3fs",
    "scmrepo.git.backend.pygit2.filter",
)
# a first line for the kernel may hold no space; the second is a command for the shell, and a string for Python
SHIM = """#!/bin/sh
"exec" "{python}" "-IS" "$0" "$@"
import _socket, marshal, os, sys  # half the time of `import json, socket`
door = _socket.socket(_socket.AF_UNIX)
door.connect({address!r})
said = marshal.dumps([os.getcwd(), {{**os.environ}}, *sys.argv[1:]])
files = b"".join(file.to_bytes(4, sys.byteorder) for file in (0, 1, 2))
door.sendmsg([len(said).to_bytes(4, "big")], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, files)])
door.sendall(said)
sys.exit(door.recv(1)[0])
"""


def serve(door):
    """Answers until it is killed."""
    for name in PRELOAD:
        import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for who waits for the one that works
    while True:
        client, _ = door.accept()
        if os.fork():
            client.close()
            continue
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        size, files, _, _ = socket.recv_fds(client, 4, 3)
        with client.makefile("rb") as stream:
            said = marshal.loads(stream.read(int.from_bytes(size, "big")))
        child = os.fork()
        if not child:
            work(said, files)
        _, status = os.waitpid(child, 0)
        client.send(bytes([min(255, abs(os.waitstatus_to_exitcode(status)))]))
        os._exit(0)


def work(said, files):
    """Runs a script as an interpreter would."""
    folder, environment, script, *arguments = said
    for number, file in enumerate(files):
        os.dup2(file, number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
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


@contextmanager
def serving(folder):
    """Serves from a process of its own; gives the program that passes for an interpreter."""
    address, program = str(folder / "dvc"), folder / "python"
    program.write_text(SHIM.format(python=sys.executable, address=address))
    program.chmod(0o755)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(address)
        door.listen()  # who comes before DVC is imported waits
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.helpers.warm_python"], cwd=PROJECT, stdin=door, start_new_session=True
        )
    try:
        yield str(program)
    finally:
        os.killpg(server.pid, signal.SIGKILL)  # with all that it forked
        server.wait()


if __name__ == "__main__":
    serve(socket.socket(fileno=os.dup(0)))
