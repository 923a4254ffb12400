"""Whether NASA's own services can be reached, before anything is started for it."""

from __future__ import annotations

import httpx

from include.apod.sources import SERVICES, service
from local.stack.environment import check_outward
from local.stack.errors import StackError


def check_nasa() -> None:
    """Checks that at least one service answers.

    Raises:
        StackError: none does, or a proxy is set that cannot be used.
    """
    check_outward()
    urls = [service(name).BASE_URL for name in SERVICES]
    for url in urls:
        try:
            httpx.head(url, timeout=10, follow_redirects=True)
        except httpx.TransportError as error:
            failure = error
        else:
            return
    raise StackError(
        f"Neither {' nor '.join(urls)} can be reached ({failure}). Check the network, or leave LIVE=1 away for the "
        "stand-in."
    )
