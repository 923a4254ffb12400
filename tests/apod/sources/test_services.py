"""The services are registered in one place."""

import pytest

from include.apod.sources import SERVICES, service
from local.nasa.archive import record_of
from local.nasa.basic import article
from tests.helpers.project import NOON, PROJECT
from tests.helpers.steps import DAY

RECORDS = {"planetary": dict, "basic": article}


@pytest.mark.parametrize("name", SERVICES)
def test_a_module_offers_a_session_of_its_name(name):
    """With NASA's own address."""
    module = service(name)

    assert name == module.connect(module.BASE_URL, "a key", 0, NOON).name
    assert module.BASE_URL.startswith("https://")


@pytest.mark.parametrize("name", SERVICES)
def test_a_new_field_is_noticed(name):
    """Every field is read or listed as left out; one that NASA adds is neither."""
    record = RECORDS[name](record_of(DAY))
    read = service(name).read

    assert frozenset() == read(record).unknown
    assert {"a_new_field"} == read({**record, "a_new_field": None}).unknown


def test_nothing_else_names_the_services():
    """A source more is its module, a word in the register, and a word in the documents."""
    code = [*(PROJECT / "include").rglob("*.py"), *(PROJECT / "local" / "stack").rglob("*.py")]
    naming = {path for path in code for name in SERVICES if f'"{name}"' in path.read_text()}
    modules = {PROJECT / "include" / "apod" / "sources" / f"{name}.py" for name in (*SERVICES, "__init__")}

    assert modules == naming
