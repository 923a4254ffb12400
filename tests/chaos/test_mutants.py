"""Each guarantee is held by a test: without it, the test fails."""

import pytest

from tests.chaos.mutants import MUTANTS, copy, survives
from tests.helpers.project import PROJECT


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return copy(tmp_path_factory.mktemp("mutants"))


@pytest.mark.chaos
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.guarantee)
def test_no_mutant_survives(project, mutant):
    """As `python -m tests.chaos.mutants` prints it."""
    assert not survives(mutant, project)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.guarantee)
def test_the_list_is_of_the_code_as_it_is(mutant):
    """A mutant whose text has moved would be no test."""
    assert 1 == (PROJECT / "include" / "apod" / mutant.file).read_text().count(mutant.old)
