"""Serves the stand-in: `python -m local.nasa PORT [--records FILE.ndjson] [--host ADDRESS]`."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # typer reads the annotation
from typing import Annotated

import typer
import uvicorn

from local.nasa.app import Application
from local.nasa.archive import record_of
from local.nasa.state import Nasa, from_file


def serve(
    port: int, records: Annotated[Path | None, typer.Option()] = None, host: str = "127.0.0.1", wounds: bool = True
) -> None:
    """Serves the fictional archive, or a file of records, one a line, until it is stopped."""
    nasa = from_file(records) if records else Nasa(record_of)
    nasa.wounded = wounds
    uvicorn.run(Application(nasa), host=host, port=port, log_level="warning", date_header=False, server_header=False)


if __name__ == "__main__":
    typer.run(serve)
