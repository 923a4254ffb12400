"""Years of daily runs under everything that goes wrong end as an oracle says; any seed can be replayed."""

import subprocess
import sys

import pytest

from tests.chaos.gauntlet import YEARS
from tests.helpers.project import PROJECT
from tests.helpers.stand_in import ENDS


def lived_through(*options):
    """In a process of its own, as by hand: python -m tests.chaos.gauntlet --seed N."""
    command = [sys.executable, "-m", "tests.chaos.gauntlet", *options]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)

    assert 0 == done.returncode, done.stderr[-3000:]


@pytest.mark.chaos
@pytest.mark.timeout(3600)  # a quarter of an hour on a slow machine
@pytest.mark.parametrize("seed", range(1, 21))
def test_the_years_of_a_seed(seed):
    """Up to the end of the planetary service, and after it."""
    lived_through("--seed", f"{seed}", "--days", f"{YEARS}")


@pytest.mark.parametrize(
    ("seed", "end"),
    [pytest.param(seed, end, marks=[pytest.mark.chaos] * bool(seed)) for seed, end in enumerate(ENDS)],
)
def test_the_weeks_around_the_end_of_a_service(seed, end):
    """In each of the ways in which it may end, with either service preferred."""
    lived_through("--seed", f"{seed}", "--begin", "2026-11-05", "--days", "60", "--end", end)
