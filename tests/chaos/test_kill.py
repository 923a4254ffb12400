"""Every durable effect is a named point, and the task's process is killed exactly there.

One more ordinary run, and nothing by hand, must end where an undisturbed one ends: nothing lost, doubled, left over or
dangling.
"""

import re

import pytest

from include.apod.adapters.files import md5_of
from include.apod.adapters.remote import object_path
from include.apod.formats.reading_list import reading_list_path
from tests.helpers.kill_points import IN_DVC, ONCE_A_DAY, POINTS
from tests.helpers.project import PROJECT
from tests.helpers.world import STEPS

KILLED = -9
SHORT = {  # the other points are for `make chaos`
    "file.renamed ????-??.jsonl",
    "file.renamed rows.*.csv",
    "staging.copied",
    "file.written apod_data.csv",
    "publish.proven",
    "publish.committed",
    "csv.renamed",
    "dvc.object",
    "version.committed",
    "version.pushed",
}


def cases(*rows):
    """Parameters of a test; what is not in the short form is marked."""
    return [
        pytest.param(*row, marks=() if SHORT & set(map(str, row)) else pytest.mark.chaos, id=" ".join(map(str, row)))
        for row in rows
    ]


def up_to(world, step):
    """An ordinary run, up to a step."""
    for earlier in STEPS[: STEPS.index(step)]:
        assert world.run(earlier)[0] == 0


def test_an_undisturbed_day(world):
    """What the others are compared with: one more picture, one correction, one more version, everything equal."""
    assert 1 == len(world.control["one md5"])
    assert 2 == len(world.control["versions"])
    assert "(+1 ~1, " in world.control["versions"][0]
    assert [("title", "Edited by NASA")] == [(row[1], row[3]) for row in world.control["corrections"]]
    assert [] == world.control["left over"]
    assert world.control["recorded"]


@pytest.mark.parametrize(("step", "point"), cases(*POINTS))
def test_a_task_that_is_killed(evening, step, point):
    """SIGKILL, between one effect and the next."""
    up_to(evening, step)
    evening.arm(point)
    status, said = evening.run(step)
    half_done = evening.half_done()
    evening.whole_run()

    assert [] == half_done
    assert KILLED == status, said
    assert evening.control == evening.facts()


@pytest.mark.chaos
@pytest.mark.parametrize("point", ONCE_A_DAY)
def test_an_ingest_that_is_killed_while_it_writes_what_is_left_to_read(evening, point):
    """The list is lost, so all of it is written anew."""
    reading_list_path(evening.store.ingest).unlink()
    evening.arm(point)
    status, said = evening.run("ingest")
    evening.whole_run()

    assert KILLED == status, said
    assert evening.control == evening.facts()


@pytest.mark.parametrize("point", cases(*((point,) for point in IN_DVC)))
def test_a_task_that_is_killed_with_its_dvc(evening, point):
    """Both processes, while the bytes are on their way."""
    up_to(evening, "version")
    evening.arm(point, kill=["parent"])
    status, said = evening.run("version")
    half_done = evening.half_done()
    evening.whole_run()

    assert [] == half_done
    assert KILLED == status, said
    assert evening.control == evening.facts()


@pytest.mark.parametrize("point", cases(*((point,) for point in IN_DVC)))
def test_a_dvc_that_is_killed(evening, point):
    """The task says that nothing was committed, and is retried."""
    up_to(evening, "version")
    evening.arm(point)
    status, said = evening.run("version")
    half_done = evening.half_done()
    evening.whole_run()

    assert [] == half_done
    assert 1 == status
    assert "The bytes are not safe in the DVC remote, so nothing was committed" in said
    assert evening.control == evening.facts()


@pytest.mark.chaos
def test_a_dvc_that_is_killed_when_it_has_removed_a_half_object(evening):
    """The branch names an object that is gone now; the next run puts it there."""
    evening.whole_run()
    half = evening.remote / object_path(md5_of(evening.store.csv))
    half.chmod(0o644)
    half.write_bytes(half.read_bytes()[:1000])
    evening.arm("dvc.replaced", kill=["parent"])
    status, said = evening.run("version")
    evening.whole_run()

    assert KILLED == status, said
    assert evening.control == evening.facts()


@pytest.mark.parametrize("point", cases(("restore.copied",), ("restore.moved",)))
def test_a_restore_that_is_killed(evening, point):
    """A new container dies while it brings the raw store back."""
    evening.lose_the_disk()
    evening.arm(point)
    status, said = evening.run("ingest")
    half_done = evening.half_done()
    evening.whole_run()

    assert [] == half_done
    assert KILLED == status, said
    assert evening.control == evening.facts()


@pytest.mark.parametrize(
    ("step", "point"),
    cases(
        ("ingest", "file.renamed ????-??.jsonl"),
        ("publish", "publish.committed"),
        ("publish", "csv.renamed"),
        ("version", "version.taken"),
        ("version", "version.pushed"),
    ),
)
def test_a_worker_that_dies_with_its_disk(evening, step, point):
    """Nothing is left but git, DVC and PostgreSQL."""
    up_to(evening, step)
    evening.arm(point)
    status, said = evening.run(step)
    evening.lose_the_disk()
    half_done = evening.half_done()
    evening.whole_run()

    assert [] == half_done
    assert KILLED == status, said
    assert evening.control == evening.facts()


@pytest.mark.parametrize(
    ("step", "point"),
    cases(
        ("stage_table", "staging.copied"),
        ("stage_table", "staging.committed"),
        ("publish", "publish.begun"),
        ("publish", "publish.merged"),
        ("publish", "publish.proven"),
        ("publish", "publish.committed"),
        ("version", "version.taken"),
        ("version", "version.pushed"),
    ),
)
def test_a_database_that_is_killed(evening, revive, step, point):
    """PostgreSQL with all its processes, without warning; unlogged tables are empty afterwards."""
    up_to(evening, step)
    evening.arm(point, kill=evening.postgres_pids())
    status, said = evening.run(step)
    revive()
    half_done = evening.half_done()
    evening.whole_run()

    assert [] == half_done
    assert status == 0 or "Unavailable" in said
    assert evening.control == evening.facts()


def test_every_point_of_the_code_is_tried():
    """A new effect needs its place in the table above."""
    named = {
        name
        for path in (PROJECT / "include" / "apod").rglob("*.py")
        for name in re.findall(r'sys\.audit\("apod\.([a-z.]+)"', path.read_text())
    }
    tried = {point.split()[0] for _, point in POINTS} | {*IN_DVC} - {"dvc.object"}

    elsewhere = {"release.put"}  # tests/apod/release
    assert (
        named == tried | {"dvc.replaced", "index.created", "restore.copied", "restore.moved", "task.done"} | elsewhere
    )
