"""Which service is asked, how much at a time, and what is concluded."""

import logging
from datetime import date, timedelta

import pytest

from include.apod.days import Span
from include.apod.errors import RateLimited, SourceChanged, Unavailable
from include.apod.ingest.fetcher import Asking, OutOfRequests
from include.apod.sources import Absent
from local.nasa.archive import record_of
from local.nasa.gateway import Quota

OCTOBER = Span(date(2026, 10, 1), date(2026, 10, 31))
BAD = date(2026, 10, 12)
NOTHING = frozenset()


@pytest.fixture
def ask(nasa, caplog):
    """Asks for October, all of it missing; what was said, by day."""
    caplog.set_level(logging.INFO)

    def asking(*names, span=OCTOBER, missing=None, held=NOTHING, budget=400):
        dealings = Asking(nasa.sources(*names), budget)
        said = {one.day: one for one in dealings.ask(span, set(span) if missing is None else missing, held)}
        return dealings, said

    return asking


def records(said):
    return {day: one.words for day, one in said.items() if not isinstance(one.words, Absent)}


BOTH = ("planetary", "basic")


@pytest.mark.parametrize("poisonous", [True, False])
def test_one_bad_day_costs_one_day(nasa, ask, poisonous):
    """Whether it fails the whole range (2023) or is left out of it (2026)."""
    nasa.service.poisonous = poisonous
    nasa.fault("bad_day", first=BAD, last=BAD)
    dealings, said = ask()

    assert {day: record_of(day) for day in OCTOBER if day != BAD} == records(said)
    assert {BAD} == dealings.failed
    assert {True: 11, False: 2}[poisonous] == dealings.requests


def test_a_month_of_bad_days_costs_that_month(nasa, ask):
    """The service is not asked for each of them, and not given up for the others."""
    nasa.fault("bad_day", first=OCTOBER.first, last=OCTOBER.last)
    dealings, _ = ask()
    others = [*dealings.ask(Span(date(2026, 9, 1), date(2026, 9, 30)), set(), NOTHING)]

    assert ({*OCTOBER}, 30, 9) == (dealings.failed, len(others), dealings.requests)


@pytest.mark.parametrize("kind", ["error", "truncated", "reset"])
def test_a_service_that_is_down_is_asked_for_two_spans(nasa, ask, kind):
    """Nine requests, then it is down."""
    nasa.fault(kind)
    dealings, said = ask()
    with pytest.raises(Unavailable, match="source down"):
        [*dealings.ask(OCTOBER, set(OCTOBER), NOTHING)]

    assert ({}, 9) == (said, dealings.requests)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "placeholder"},
        {"kind": "frozen", "other": BAD},
        {"kind": "misdated", "other": date(2026, 9, 30)},
        {"kind": "shapeless"},
        {"kind": "html"},
        {"kind": "moved"},
        {"kind": "gone"},
        {"kind": "reply", "status": 200, "text": "{}"},
        {"kind": "reply", "status": 200, "text": "null"},
        {"kind": "reply", "status": 410, "text": "Gone"},
    ],
)
def test_a_service_that_breaks_its_contract_is_left_for_the_next(nasa, ask, caplog, fault):
    """With one warning that says what was seen; nothing of what it said is used."""
    nasa.fault(service="planetary", **fault)
    dealings, said = ask(*BOTH)
    again = [*dealings.ask(Span(BAD, BAD), set(), NOTHING)]

    assert dict.fromkeys(OCTOBER, "basic") == {day: one.source for day, one in said.items()}
    assert ["basic"] == [one.source for one in again]
    assert 1 == caplog.text.count("planetary is left for basic in this run")


def test_without_a_next_one_the_run_fails(nasa, ask):
    """A person has to look."""
    nasa.fault("placeholder")
    with pytest.raises(SourceChanged, match="planetary answers with what is no picture on 31 of 31 days"):
        ask()


def test_a_service_that_is_left_no_longer_reads_the_look_back(nasa, ask):
    """The next one does, in its stead: nobody else will correct those days."""
    nasa.fault("placeholder", service="planetary")
    _, said = ask(*BOTH, missing=set(), held={*OCTOBER})

    assert {*OCTOBER} == {day for day, one in said.items() if one.source == "basic"}


def test_a_service_that_is_down_is_replaced_for_missing_days_only(nasa, ask):
    """It will be back, and days that are held do not change their words for an hour's outage."""
    nasa.fault("error", service="planetary")
    dealings, said = ask(*BOTH, missing={BAD}, held={*OCTOBER} - {BAD})
    september = Span(date(2026, 9, 1), date(2026, 9, 30))
    later = [[*dealings.ask(september, missing, {*september})] for missing in (set(), {september.last})]

    assert {BAD: "basic"} == {day: one.source for day, one in said.items()}
    assert set() == dealings.failed
    assert [[], [september.last]] == [[one.day for one in found] for found in later]


def test_a_day_that_one_service_fails_at_is_had_from_the_next(nasa, ask):
    """2026-03-12 was 500 for four weeks."""
    nasa.fault("bad_day", service="planetary", first=BAD, last=BAD)
    dealings, said = ask(*BOTH)

    assert ("basic", set(), 31) == (said[BAD].source, dealings.failed, len(said))


def test_a_day_that_one_service_denies_is_had_from_the_next(nasa, ask):
    """A retired service may well say that there are no new pictures."""
    nasa.fault("missing", service="planetary", first=BAD)
    _, said = ask(*BOTH)

    assert {"planetary": 11, "basic": 20} == {name: sum(one.source == name for one in said.values()) for name in BOTH}


def test_absence_is_the_word_of_every_service(nasa, ask):
    """The preferred one's is kept."""
    nasa.fault("missing", first=BAD, last=BAD)
    _, said = ask(*BOTH)

    assert ("planetary", 404) == (said[BAD].source, said[BAD].words.status)


def test_a_denial_proves_nothing_where_another_service_fails(nasa, ask):
    """The day stays missing."""
    nasa.fault("missing", service="planetary", first=BAD, last=BAD)
    nasa.fault("bad_day", service="basic", first=BAD, last=BAD)
    dealings, said = ask(*BOTH)

    assert (False, {BAD}) == (BAD in said, dealings.failed)


def test_a_day_that_a_range_leaves_out_is_asked_for_singly(nasa, ask):
    """Before anything is concluded."""
    nasa.fault("left_out", first=BAD, last=BAD)
    dealings, said = ask()

    assert ({*OCTOBER}, 2) == (said.keys(), dealings.requests)


def test_nothing_for_a_month_that_is_held_is_refused(nasa, ask):
    """An empty list contradicts what we have."""
    nasa.fault("empty")
    with pytest.raises(SourceChanged, match="planetary answers 2026-10-01..2026-10-31 with nothing, and we hold"):
        ask(missing=set(), held={BAD})


def test_nothing_for_a_month_with_pictures_is_refused(nasa, ask):
    """It is never taken for "no picture": the newest day, asked for singly, has one."""
    nasa.fault("empty", times=1)
    with pytest.raises(SourceChanged, match="with nothing, and 2026-10-31 with a picture"):
        ask()


def test_nothing_for_a_month_without_pictures_is_what_it_is(nasa, ask):
    """As in the autumn of 2025; each day is asked for."""
    nasa.fault("missing")
    dealings, said = ask()

    assert (31, 32) == (sum(isinstance(one.words, Absent) for one in said.values()), dealings.requests)


def test_one_bad_record_is_refused_and_the_others_are_kept(nasa, ask, caplog):
    """The day stays missing; nothing is concluded from it."""
    nasa.fault("placeholder", first=BAD, last=BAD)
    dealings, said = ask()

    assert ({*OCTOBER} - {BAD}, {BAD}) == (said.keys(), dealings.failed)
    assert "2026-10-12 is refused from planetary: a placeholder" in caplog.text


def test_a_lie_told_day_by_day_is_seen_all_the_same(nasa, ask):
    """Where ranges fail and each single day is answered with one and the same picture."""
    nasa.fault("error", times=1)
    nasa.fault("frozen", other=BAD)
    with pytest.raises(SourceChanged, match="the same"):
        ask()


def test_the_budget_is_the_budget(nasa, ask):
    """Also for days that are asked for singly."""
    nasa.fault("missing")
    with pytest.raises(OutOfRequests, match="the budget of 5 requests is spent"):
        ask(budget=5)

    assert 5 == nasa.service.requests


def test_the_budget_follows_what_the_service_says_is_left(nasa, ask):
    """It stops before it is told to."""
    nasa.service.gateway.keys["a key"] = Quota(3)
    nasa.fault("missing")
    with pytest.raises(OutOfRequests, match="over quota: planetary will take no more"):
        ask()

    assert 3 == nasa.service.requests


def test_over_quota_is_not_down(nasa, ask):
    """Another service is no way around it: the run comes back when it was told to."""
    nasa.fault("over_quota", service="planetary", seconds=60)
    with pytest.raises(RateLimited, match="over quota"):
        ask(*BOTH)


def test_days_between_are_believed_too(nasa, ask):
    """What was not asked for a reason is read all the same: it is there."""
    _, said = ask(missing={BAD, BAD + timedelta(days=2)}, held={BAD + timedelta(days=1)})

    assert {*OCTOBER} == said.keys()
