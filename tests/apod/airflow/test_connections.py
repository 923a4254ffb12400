"""From Airflow's connections to plain clients: what is wrong with one is said before anything is sent."""

import pytest

from include.apod.airflow.connections import open_database, open_sources
from include.apod.errors import Misconfigured
from include.apod.settings import read_settings
from tests.helpers.deployment import postgres_connection
from tests.helpers.project import NOON


@pytest.fixture
def connected(deployment):
    """Sets connection `apod_api` as a deployment would; gives the sources."""

    def connecting(sources="planetary,basic", **fields):
        deployment.set(AIRFLOW_CONN_APOD_API={"conn_type": "http", **fields}, APOD_SOURCES=sources)
        return open_sources(read_settings(), NOON)

    return connecting


def test_without_more_it_is_nasa(connected):
    """Both services, in the order of the setting."""
    assert ["https://science.nasa.gov/wp-json/wp/v2/apod-basic", "https://api.nasa.gov/planetary/apod"] == [
        source.url for source in connected("basic,planetary")
    ]


def test_each_service_has_its_own_address(connected):
    """The replacement's is in the extra; a slash at the end does no harm."""
    planetary, basic = connected(host="http://127.0.0.1:8765/", extra={"basic": "http://127.0.0.1:8766/"})

    assert "http://127.0.0.1:8765/planetary/apod" == planetary.url
    assert "http://127.0.0.1:8766/wp-json/wp/v2/apod-basic" == basic.url


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({"host": "http://me:SECRET@api.nasa.gov"}, r"'http://\*\*\*@api.nasa.gov', which would send the key in clear"),
        ({"host": "ftp://me:SECRET@api.nasa.gov"}, r"'ftp://\*\*\*@api.nasa.gov'; write the base URL"),
        ({"host": "http://api.nasa.gov"}, "'http://api.nasa.gov', which would send the key in clear; write https://"),
        ({"host": "api.nasa.gov"}, "has 'api.nasa.gov'; write the base URL, e.g. https://api.nasa.gov"),
        ({"host": "ftp://api.nasa.gov"}, "has 'ftp://api.nasa.gov'; write the base URL"),
        ({"host": "https://"}, "has 'https://'; write the base URL"),
        ({"extra": {"basic": "science"}}, "has 'science'; write the base URL"),
    ],
)
def test_an_address_that_is_wrong_is_named(connected, fields, match):
    """With the way out; the key is not."""
    with pytest.raises(Misconfigured, match=match) as caught:
        connected(password="SECRETKEY", **fields)

    assert "SECRETKEY" not in str(caught.value)


def test_an_address_that_is_another_site_is_no_service(nasa, connected, store):
    """A base URL that answers, but not with pictures: nothing is stored."""
    from dataclasses import replace

    from include.apod.days import Span
    from include.apod.errors import SourceChanged
    from include.apod.formats.raw import months
    from include.apod.ingest.ingest import ingest
    from include.apod.ingest.plan import Scope

    nasa.fault("html")
    sources = connected("planetary", host=nasa.url, password="a key")
    scope = Scope(Span(NOON.date().replace(day=1), NOON.date()), NOON)
    with pytest.raises(SourceChanged, match="200, but not JSON: <html>"):
        ingest(sources, store, replace(scope, lookback_days=3))

    assert [] == months(store.raw)


def test_the_encoding_of_the_environment_is_not_the_databases(deployment, database, monkeypatch):
    """Every letter comes back as it went, whatever libpq is told."""
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    deployment.set(AIRFLOW_CONN_APOD_POSTGRES=postgres_connection(database.info))
    with open_database() as connection:
        assert ("Łódź – 東京",) == connection.execute("select %s::text", ("Łódź – 東京",)).fetchone()
