"""Asset events that are lost, doubled, merged, late or out of order: every order of the work ends in the same state."""

import itertools
import random

import pytest

DAGS = {"ingest": ["ingest"], "load": ["transform", "stage_table", "stage_csv", "publish"], "version": ["version"]}


def do(world, dags):
    """Runs of DAGs, one after the other; one that has nothing to do yet, or finds a load half done, may say so."""
    for dag in dags:
        for step in DAGS[dag]:
            status, said = world.run(step)
            assert status == 0, f"{dag}.{step}: {said}"


@pytest.mark.parametrize("order", [*itertools.permutations(DAGS)], ids=" ".join)
def test_every_order(evening, order):
    """No event, or the wrong one first: then one ordinary run."""
    do(evening, order)
    evening.whole_run()

    assert evening.control == evening.facts()


@pytest.mark.chaos
@pytest.mark.parametrize("seed", range(12))
def test_doubled_and_mixed_up(evening, seed):
    """Eight runs in an order that nobody planned."""
    do(evening, random.Random(seed).choices([*DAGS], k=8))
    evening.whole_run()

    assert evening.control == evening.facts()


@pytest.mark.parametrize("ahead", ["transform", "stage_table", "stage_csv"])
def test_a_version_while_a_load_is_half_done(evening, ahead):
    """It versions what is published, which is the evening before, and makes no half version."""
    do(evening, ["ingest"])
    for step in DAGS["load"][: DAGS["load"].index(ahead) + 1]:
        assert evening.run(step)[0] == 0
    status, said = evening.run("version")
    evening.whole_run()

    assert (0, True) == (status, "nothing new" in said)
    assert evening.control == evening.facts()
