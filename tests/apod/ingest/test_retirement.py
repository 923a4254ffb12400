"""A service that has gone for good, in each of the ways in which it may go."""

import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from include.apod.formats.coverage import read_coverage
from include.apod.formats.source_states import SourceState, read_source_states, write_source_states
from include.apod.ingest.ingest import ingest, is_out
from include.apod.sources import service
from tests.helpers.project import NOON
from tests.helpers.stand_in import ENDS

NEXT_DAY = timedelta(days=1)


def asked(nasa, path):
    """How many requests of a service there were, and forgets them."""
    count = sum(path in url for url in nasa.service.request_log)
    nasa.service.request_log.clear()
    return count


@pytest.mark.parametrize("order", [("planetary", "basic"), ("basic", "planetary")])
@pytest.mark.parametrize("end", ENDS)
def test_the_other_is_asked_for_everything(nasa, store, scope, caplog, end, order):
    """From the first day on, look-back included; what the dead one costs is bounded, and nothing after three days."""
    caplog.set_level(logging.INFO)
    ingest(nasa.sources(*order), store, scope)
    nasa.fault(service="planetary", **ENDS[end])
    costs = []
    for day in range(1, 12):
        now = NOON + day * NEXT_DAY
        nasa.service.now = lambda now=now: now
        archive = replace(scope.archive, last=scope.archive.last + day * NEXT_DAY)
        asked(nasa, "/planetary/")
        report = ingest(nasa.sources(*order), store, replace(scope, now=now, archive=archive))
        costs.append(asked(nasa, "/planetary/"))

        assert 1 == report.facts["added"]
        assert archive.last in read_coverage(store.raw).observed

    if order[0] == "basic":
        assert {0} == {*costs}  # it lacks nothing, so nobody else is asked
    else:
        assert max(costs) <= 10
        assert 1 >= max(costs[3:])
        assert 1 >= sum(costs[3:])
        assert "planetary has given no believable answer since 2026-11-24 and counts as retired" in caplog.text


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "https://no-such-name.invalid", "https://127.0.0.1:{port}"])
def test_an_address_that_nobody_answers_at(nasa, store, scope, address):
    """A connection refused, no name, no TLS: two tries, then the other has it all."""
    url = address.format(port=nasa.url.rpartition(":")[2])
    dead = service("planetary").connect(url, "a key", 0, NOON)
    report = ingest([dead, nasa.source("basic")], store, scope)

    assert (54, 0) == (report.facts["added"], report.facts["source_down"])
    assert dead.requests <= 2
    assert {"planetary": SourceState(NOON.date(), NOON.date())} == read_source_states(store.ingest)


def test_one_that_comes_back_is_heard_again(nasa, store, scope):
    """By the question of the week."""
    write_source_states(
        store.ingest, {"planetary": SourceState(NOON.date() - 20 * NEXT_DAY, NOON.date() - 7 * NEXT_DAY)}
    )
    report = ingest(nasa.sources("planetary", "basic"), store, scope)

    assert (54, {}) == (report.facts["added"], read_source_states(store.ingest))


def test_waiting_for_the_picture_asks_no_retired_service(nasa, store):
    """It looks every hour, and the question of the week is ingest's."""
    write_source_states(
        store.ingest, {"planetary": SourceState(NOON.date() - 20 * NEXT_DAY, NOON.date() - 9 * NEXT_DAY)}
    )
    nasa.fault("missing", service="basic", first=NOON.date())

    assert not is_out(nasa.sources("planetary", "basic"), store, NOON.date(), NOON)
    assert 0 == asked(nasa, "/planetary/")


def test_the_state_is_read_back(store):
    """And a damaged file counts as none."""
    states = {"planetary": SourceState(NOON.date(), NOON.date() + NEXT_DAY)}
    store.ingest.mkdir(parents=True)
    write_source_states(store.ingest, states)

    assert states == read_source_states(store.ingest)
    for damage in (b"[", b"[]", b'{"planetary": 1}', b'{"planetary": ["x", "y"]}', b'{"planetary": ["2026-01-01"]}'):
        (store.ingest / "sources.json").write_bytes(damage)
        assert {} == read_source_states(store.ingest)
