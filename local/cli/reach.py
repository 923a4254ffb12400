"""Whether NASA's own services can be reached, before anything is started for it."""

from __future__ import annotations

import httpx

from local.stack.airflow import BASIC, NASA
from local.stack.errors import StackError


def check_nasa() -> None:
    """Raises StackError, in one line, where neither service answers at all."""
    for url in (NASA, BASIC):
        try:
            httpx.head(url, timeout=10, follow_redirects=True)
        except httpx.TransportError as error:
            why = error
        else:
            return
    raise StackError(
        f"Neither {NASA} nor {BASIC} can be reached ({why}). Check the network, or leave LIVE=1 away for the stand-in."
    )
