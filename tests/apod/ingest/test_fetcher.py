"""Which service is asked, how much at a time, and what is concluded."""

import logging
from datetime import date, timedelta

import pytest

from include.apod.days import Span
from include.apod.errors import RateLimited, SourceChanged, Unavailable
from include.apod.ingest.fetcher import BudgetSpent, Fetcher
from include.apod.sources import Absent
from local.nasa.archive import record_of
from local.nasa.gateway import Quota
from local.nasa.planetary import with_extras

OCTOBER = Span(date(2026, 10, 1), date(2026, 10, 31))
BAD = date(2026, 10, 12)
NOTHING = frozenset()
SEPTEMBER = Span(date(2026, 9, 1), date(2026, 9, 30))
STILLS = {"thumbs": "true"}


@pytest.fixture
def ask(nasa, caplog):
    """Asks for October, all of it missing; the answers, by day."""
    caplog.set_level(logging.INFO)

    def asking(*names, span=OCTOBER, missing=None, observed=NOTHING, budget=400):
        fetcher = Fetcher(nasa.sources(*names), budget)
        answers = {
            answer.day: answer for answer in fetcher.fetch(span, set(span) if missing is None else missing, observed)
        }
        return fetcher, answers

    return asking


def records(answers):
    return {day: answer.content for day, answer in answers.items() if not isinstance(answer.content, Absent)}


BOTH = ("planetary", "basic")


@pytest.mark.parametrize("poisonous", [True, False])
def test_one_bad_day_costs_one_day(nasa, ask, poisonous):
    """Whether it fails the whole range (2023) or is left out of it (2026)."""
    nasa.service.poisonous = poisonous
    nasa.fault("bad_day", first=BAD, last=BAD)
    fetcher, answers = ask()

    assert {day: with_extras(record_of(day), STILLS) for day in OCTOBER if day != BAD} == records(answers)
    assert {BAD} == fetcher.failed
    assert {True: 11, False: 2}[poisonous] == fetcher.requests


def test_a_month_of_bad_days_costs_that_month(nasa, ask):
    """The service is not asked for each of them, and not given up for the others."""
    nasa.fault("bad_day", first=OCTOBER.first, last=OCTOBER.last)
    fetcher, _ = ask()
    others = [*fetcher.fetch(Span(date(2026, 9, 1), date(2026, 9, 30)), set(), NOTHING)]

    assert ({*OCTOBER}, 30, 9) == (fetcher.failed, len(others), fetcher.requests)


def test_a_service_that_says_nothing_is_asked_twice(nasa, ask):
    """A time-out takes over a minute, and a name that is gone stays gone."""
    nasa.fault("reset")
    with pytest.raises(Unavailable, match="source down"):
        ask()

    assert 2 == nasa.service.requests


@pytest.mark.parametrize("kind", ["error", "truncated"])
def test_a_service_that_is_down_is_asked_for_two_spans(nasa, ask, kind):
    """Nine requests, then it is down."""
    nasa.fault(kind)
    fetcher, answers = ask()
    with pytest.raises(Unavailable, match="source down"):
        [*fetcher.fetch(OCTOBER, set(OCTOBER), NOTHING)]

    assert ({}, 9) == (answers, fetcher.requests)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "placeholder"},
        {"kind": "frozen", "other_day": BAD},
        {"kind": "misdated", "other_day": date(2026, 9, 30)},
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
    """Wherever it is asked, with one warning that says what was seen; nothing of what it answers is used."""
    nasa.fault(service="planetary", **fault)
    fetcher, answers = ask(*BOTH)
    [*fetcher.fetch(SEPTEMBER, {*SEPTEMBER}, NOTHING)]
    again = [*fetcher.fetch(Span(BAD, BAD), set(), NOTHING)]

    assert dict.fromkeys(OCTOBER, "basic") == {day: one.source for day, one in answers.items()}
    assert ["basic"] == [one.source for one in again]
    assert "planetary is not believed for 2026-10-01..2026-10-31" in caplog.text
    assert 1 == caplog.text.count("planetary is left for basic in this run")


def test_a_month_that_cannot_be_believed_costs_that_month(nasa, ask, caplog):
    """The service is believed for the others."""
    nasa.fault("placeholder", first=OCTOBER.first, last=OCTOBER.last)
    fetcher, answers = ask()
    others = [*fetcher.fetch(SEPTEMBER, {*SEPTEMBER}, NOTHING)]

    assert ({}, {*OCTOBER}, 30) == (answers, fetcher.failed, len(others))
    assert "planetary is not believed for 2026-10-01..2026-10-31" in caplog.text


def test_without_a_next_one_the_run_fails(nasa, ask):
    """Where none of two spans can be believed, a person has to look."""
    nasa.fault("placeholder")
    fetcher, _ = ask()
    with pytest.raises(SourceChanged, match="planetary answers with what is no picture on 30 of 30 days"):
        [*fetcher.fetch(SEPTEMBER, {*SEPTEMBER}, NOTHING)]


def test_a_service_that_is_left_no_longer_reads_the_look_back(nasa, ask):
    """The next one does, in its stead: nobody else will correct those days."""
    nasa.fault("placeholder", service="planetary")
    _, answers = ask(*BOTH, missing=set(), observed={*OCTOBER})

    assert {*OCTOBER} == {day for day, one in answers.items() if one.source == "basic"}


@pytest.mark.parametrize("kind", ["error", "reset", "over_quota"])
def test_a_service_that_is_down_is_replaced_for_all_that_it_was_asked_for(nasa, ask, kind):
    """The look-back included: it may be down for ever."""
    nasa.fault(kind, service="planetary")
    fetcher, answers = ask(*BOTH, missing={BAD}, observed={*OCTOBER} - {BAD})
    later = [*fetcher.fetch(SEPTEMBER, set(), {*SEPTEMBER})]

    assert "basic" == answers[BAD].source
    assert set() == fetcher.failed
    assert ({*SEPTEMBER}, {"basic"}) == ({one.day for one in later}, {one.source for one in later})


def test_a_day_that_one_service_fails_at_is_had_from_the_next(nasa, ask):
    """2026-03-12 was 500 for four weeks."""
    nasa.fault("bad_day", service="planetary", first=BAD, last=BAD)
    fetcher, answers = ask(*BOTH)

    assert ("basic", set(), 31) == (answers[BAD].source, fetcher.failed, len(answers))


def test_a_day_that_one_service_denies_is_had_from_the_next(nasa, ask):
    """A retired service may well say that there are no new pictures."""
    nasa.fault("missing", service="planetary", first=BAD)
    _, answers = ask(*BOTH)

    assert {"planetary": 11, "basic": 20} == {
        name: sum(one.source == name for one in answers.values()) for name in BOTH
    }


def test_absence_is_the_word_of_every_service(nasa, ask):
    """The preferred one's is kept."""
    nasa.fault("missing", first=BAD, last=BAD)
    _, answers = ask(*BOTH)

    assert ("planetary", 404) == (answers[BAD].source, answers[BAD].content.status)


def test_a_denial_proves_nothing_where_another_service_fails(nasa, ask):
    """The day stays missing."""
    nasa.fault("missing", service="planetary", first=BAD, last=BAD)
    nasa.fault("bad_day", service="basic", first=BAD, last=BAD)
    fetcher, answers = ask(*BOTH)

    assert (False, {BAD}) == (BAD in answers, fetcher.failed)


def test_a_day_that_a_range_leaves_out_is_asked_for_singly(nasa, ask):
    """Before anything is concluded."""
    nasa.fault("left_out", first=BAD, last=BAD)
    fetcher, answers = ask()

    assert ({*OCTOBER}, 2) == (answers.keys(), fetcher.requests)


def test_nothing_for_a_month_that_is_held_is_refused(nasa, ask, caplog):
    """An empty list contradicts what we have."""
    nasa.fault("empty")
    _, answers = ask(missing=set(), observed={BAD})

    assert {} == answers
    assert "planetary answers 2026-10-01..2026-10-31 with nothing, and we hold" in caplog.text


def test_nothing_for_a_month_with_pictures_is_refused(nasa, ask, caplog):
    """It is never taken for "no picture": the newest day, asked for singly, has one."""
    nasa.fault("empty", times=1)
    fetcher, answers = ask()

    assert ({}, {*OCTOBER}) == (answers, fetcher.failed)
    assert "with nothing, and 2026-10-31 with a picture" in caplog.text


def test_nothing_for_a_month_without_pictures_is_what_it_is(nasa, ask):
    """As in the autumn of 2025; each day is asked for."""
    nasa.fault("missing")
    fetcher, answers = ask()

    assert (31, 32) == (sum(isinstance(answer.content, Absent) for answer in answers.values()), fetcher.requests)


def test_one_bad_record_is_refused_and_the_others_are_kept(nasa, ask, caplog):
    """The day stays missing; nothing is concluded from it."""
    nasa.fault("placeholder", first=BAD, last=BAD)
    fetcher, answers = ask()

    assert ({*OCTOBER} - {BAD}, {BAD}) == (answers.keys(), fetcher.failed)
    assert "2026-10-12 is refused from planetary: a placeholder" in caplog.text


def test_a_lie_told_day_by_day_is_seen_all_the_same(nasa, ask):
    """Where ranges fail and each single day is answered with one and the same picture."""
    nasa.fault("error", times=1)
    nasa.fault("frozen", other_day=BAD)
    fetcher, answers = ask()

    assert ({}, {*OCTOBER}) == (answers, fetcher.failed)


def test_the_budget_is_the_budget(nasa, ask):
    """Also for days that are asked for singly."""
    nasa.fault("missing")
    with pytest.raises(BudgetSpent, match="the budget of 5 requests is spent"):
        ask(budget=5)

    assert 5 == nasa.service.requests


def test_the_budget_follows_what_the_service_says_is_left(nasa, ask):
    """It stops before it is told to."""
    nasa.service.gateway.keys["a key"] = Quota(3)
    nasa.fault("missing")
    with pytest.raises(BudgetSpent, match="over quota: planetary will take no more"):
        ask()

    assert 3 == nasa.service.requests


def test_over_quota_is_not_down(nasa, ask):
    """Without another service the run comes back when it was told to."""
    nasa.fault("over_quota", seconds=60)
    with pytest.raises(RateLimited, match="over quota"):
        ask()


def test_days_between_are_believed_too(nasa, ask):
    """What was not asked for a reason is read all the same: it is there."""
    _, answers = ask(missing={BAD, BAD + timedelta(days=2)}, observed={BAD + timedelta(days=1)})

    assert {*OCTOBER} == answers.keys()
