"""Years of daily runs under everything that goes wrong end as an oracle says; any seed can be replayed."""

import subprocess
import sys

import pytest

from tests.chaos.gauntlet import YEARS
from tests.helpers.project import PROJECT


@pytest.mark.parametrize(
    ("seed", "days"), [(0, 60), *(pytest.param(seed, YEARS, marks=pytest.mark.chaos) for seed in range(1, 21))]
)
def test_the_years_of_a_seed(seed, days):
    """In a process of its own, as by hand: python -m tests.chaos.gauntlet --seed N."""
    command = [sys.executable, "-m", "tests.chaos.gauntlet", "--seed", f"{seed}", "--days", f"{days}"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)

    assert 0 == done.returncode, done.stderr[-3000:]
