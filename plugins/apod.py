"""The page "APOD": in Airflow's navigation, and as a tab of the three DAGs. As closed as the DAGs themselves."""

from __future__ import annotations

from functools import cache
from typing import Any
from urllib.parse import urlsplit

from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin

DAGS = ("apod_ingest", "apod_load", "apod_version")
# Airflow may live below a path of its host, as it does on Astro
PAGE = f"{urlsplit(conf.get('api', 'base_url', fallback='')).path.rstrip('/')}/apod/"


@cache
def application() -> Any:
    """The application, made at the first request: tasks load this file, too."""
    from airflow.api_fastapi.core_api.security import requires_access_dag
    from airflow.sdk import Connection
    from fastapi import Depends

    from include.apod.ui.app import make_app

    may_read = [Depends(requires_access_dag("GET", param_dag_id=dag)) for dag in DAGS]
    return make_app(may_read, lambda: Connection.get("apod_git").host or "")


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Passes a request to the application."""
    await application()(scope, receive, send)


class ApodPlugin(AirflowPlugin):  # type: ignore[misc]  # Airflow types it as Any
    """One invalid entry drops all of it without a word; a test asks Airflow what it has taken."""

    name = "apod"
    fastapi_apps = [{"app": app, "url_prefix": "/apod", "name": "APOD"}]  # noqa: RUF012  # Airflow's interface
    external_views = [  # noqa: RUF012  # likewise
        {"name": "APOD", "href": PAGE, "destination": "nav", "url_route": "apod", "nav_top_level": True},
        {"name": "APOD", "href": PAGE, "destination": "dag", "url_route": "apod-archive"},
    ]
