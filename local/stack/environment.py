"""The environment of this machine's stack: of the process that starts it, and of everything that is started.

`environment.sh` does the same for what runs before Python: pip, uv and Python itself.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from include.apod.adapters.git_command import FOREIGN_VARIABLES
from local.stack.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Mapping

# Another project's Airflow, another server's libpq, and what our own Python was started with, such as how it writes to
# the terminal.
FOREIGN = (
    "AIRFLOW",
    "DVC_",
    "GIT_ALLOW_PROTOCOL",
    "GIT_PROTOCOL",
    "OPENLINEAGE_",
    "PG",
    "PYTHON",
    "VIRTUAL_ENV",
    "WEB_CONCURRENCY",
)
OURS = ("PG_BIN", "PYTHONPATH", "PYTHONUTF8")
# How to get out of this machine; nothing of a stack leaves it where the stand-in plays NASA's services.
PROXIES = ("ALL_PROXY", "FTP_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
CERTIFICATES = ("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE")
LOOPBACK = "127.0.0.1,localhost"


def _is_foreign(name: str) -> bool:
    return (name.startswith(FOREIGN) and name not in OURS) or bool(FOREIGN_VARIABLES.fullmatch(name))


def clean() -> None:
    """Takes out of this process' environment what would steer it to another server, repository or Airflow."""
    for name in [*filter(_is_foreign, os.environ)]:
        del os.environ[name]


def own_environment(extra: Mapping[str, str], *, outward: bool = False) -> dict[str, str]:
    """The environment of a process of the stack: this one's, without what is another's, and with `extra`.

    With `outward` it keeps a user's proxies and certificates, which still do not lead to this machine itself.
    """
    inherited = {name: value for name, value in os.environ.items() if not _is_foreign(name)}
    unproxied = ",".join(filter(None, (LOOPBACK, inherited.get("NO_PROXY"), inherited.get("no_proxy"))))
    if not outward:
        inherited = {name: value for name, value in inherited.items() if name.upper() not in PROXIES + CERTIFICATES}
        unproxied = LOOPBACK
    own = {"NO_PROXY": unproxied, "no_proxy": unproxied, "PYTHONUTF8": "1"}
    return {**inherited, **own, **extra}


def check_outward() -> None:
    """Checks that the way out of this machine is one that our clients know.

    Raises:
        StackError: a SOCKS proxy, or a file of certificates that is not there.
    """
    for name, value in os.environ.items():
        if name.upper() in PROXIES and value.lower().startswith("socks"):
            raise StackError(
                f"{name} names a SOCKS proxy, which our clients do not know. Unset it, or name an HTTP proxy."
            )
        if name in CERTIFICATES and value and not Path(value).exists():
            raise StackError(f"{name}={value} is not there, so no certificate could be checked. Unset or correct it.")
