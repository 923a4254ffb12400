"""The settings and connections of a deployment, built in one place."""

import json
import sys

from include.apod.settings import read_settings


def postgres_connection(info, **changes):
    """Connection `apod_postgres` for the database of a psycopg connection's `info`."""
    fields = {"host": info.host, "port": info.port, "login": info.user, "password": info.password}
    return {"conn_type": "postgres", "schema": info.dbname, **fields, **changes}


def environment(*, store, postgres, repository, nasa="", remote=None, **settings):
    """The environment variables of a deployment.

    Args:
        store: folder or URL.
        postgres: connection `apod_postgres`, as a dictionary.
        repository: URL.
        nasa: address of the stand-in, for every service.
        remote: folder or URL of the DVC remote.
        settings: more variables, by their names.
    """
    api = {"conn_type": "http", "host": nasa, "password": "a key", "extra": {"basic": nasa}}
    variables = {
        "APOD_STORE": str(store),
        "APOD_SOURCES": "planetary",
        "APOD_PAUSE_SECONDS": "0",
        "APOD_DVC_PYTHON": sys.executable,
        "APOD_CODE_VERSION": "a-commit",
        "AIRFLOW_CONN_APOD_POSTGRES": json.dumps(postgres),
        "AIRFLOW_CONN_APOD_GIT": json.dumps({"conn_type": "git", "host": repository}),
    }
    if nasa:
        variables["AIRFLOW_CONN_APOD_API"] = json.dumps(api)
    if remote:
        variables["APOD_DVC_REMOTE"] = str(remote)
    return {**variables, **settings}


class Deployment:
    """Sets environment variables for one test; the settings are read again after each change."""

    def __init__(self, monkeypatch):
        self.monkeypatch = monkeypatch
        read_settings.cache_clear()

    def set(self, **variables):
        """Sets variables; a dictionary becomes JSON."""
        for name, value in variables.items():
            self.monkeypatch.setenv(name, json.dumps(value) if isinstance(value, dict) else str(value))
        read_settings.cache_clear()
