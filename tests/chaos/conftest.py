"""A deployment that can be killed and set back."""

import pytest

from local.stack import postgres
from local.stack.ports import any_free
from local.stack.processes import Processes
from tests.helpers.world import World, nasa_with_news, today


@pytest.fixture(scope="package")
def revive(tmp_path_factory):
    """A PostgreSQL server of its own, as `revive.server`; the call starts it again when it is dead."""
    home = tmp_path_factory.mktemp("a server to kill")
    processes = Processes(home / "processes.json", home)
    server = postgres.Server(home / "data", any_free(), "a-tests-password")

    def reviving():
        postgres.start(server, processes)

    reviving.server = server
    reviving()
    yield reviving
    processes.stop()


@pytest.fixture(scope="package")
def world(tmp_path_factory, revive, door):
    """A deployment on the evening before, and `world.control`: how an undisturbed day ends."""
    nasa = nasa_with_news()
    made = World(tmp_path_factory.mktemp("chaos"), revive.server, nasa, door.url, today())
    door.open(nasa)
    made.found()
    made.set_back()
    made.whole_run()
    made.control = made.facts()
    return made


@pytest.fixture
def evening(world, door):
    """The evening before."""
    door.open(world.nasa)
    world.set_back()
    return world
