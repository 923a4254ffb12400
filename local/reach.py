"""Whether NASA's own service can be reached, before anything is started for it."""

from __future__ import annotations

import httpx

from local.airflow import NASA
from local.errors import StackError


def check_nasa() -> None:
    """Raises StackError, in one line, where the service does not answer at all."""
    try:
        httpx.head(NASA, timeout=10, follow_redirects=True)
    except httpx.TransportError as error:
        raise StackError(
            f"{NASA} cannot be reached ({error}). Check the network, or leave LIVE=1 away to use the stand-in."
        ) from None
