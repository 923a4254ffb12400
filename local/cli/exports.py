"""How psql, git, dvc and airflow reach the local stack from a shell."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from local.stack.postgres import binaries

if TYPE_CHECKING:
    from local.stack.stack import Stack


def exports(stack: Stack) -> str:
    """Lines for `eval`: the stack's own environment, and what the tools look for by themselves."""
    server = stack.server
    variables = {
        **stack.environment(),
        "APOD_GIT_URL": stack.repository_url,
        "DVC_NO_ANALYTICS": "1",
        "PGHOST": "127.0.0.1",
        "PGPORT": str(server.port),
        "PGUSER": "postgres",
        "PGPASSWORD": server.password,
        "PGDATABASE": "apod",
    }
    lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(variables.items())]
    folders = f"{Path(sys.executable).parent}:{binaries()}"
    return "\n".join([*lines, f'export PATH={shlex.quote(folders)}:"$PATH"'])
