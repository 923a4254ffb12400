"""The same three DAGs with empty tasks: what Airflow itself takes."""

from airflow.sdk import DAG, Asset

from include.apod.airflow import outcomes
from include.apod.run import Report, Run

RAW, TABLE, CSV, VERSION = (Asset(f"empty_{name}") for name in ("raw", "table", "csv", "version"))


def named(name):
    """A step that does nothing, under the name of one that does."""

    def step(_: Run) -> Report:
        return Report(True, "nothing")

    step.__name__ = name
    return step


def waited(_: Run) -> bool:
    return True


waited.__name__ = "await_picture"

with DAG("empty_ingest", schedule=None, **outcomes.DAG_ARGUMENTS):
    outcomes.wait(waited) >> outcomes.step(named("ingest"), publishes=[RAW], trigger_rule="none_failed")

with DAG("empty_load", schedule=[RAW], **outcomes.DAG_ARGUMENTS):
    stages = [outcomes.step(named("stage_table")), outcomes.step(named("stage_csv"))]
    publish = outcomes.step(named("publish"), publishes=[TABLE, CSV])
    (
        outcomes.step(named("transform"))
        >> stages
        >> publish
        >> outcomes.step(named("index"))
        >> outcomes.step(named("check"))
    )

with DAG("empty_version", schedule=[CSV], **outcomes.DAG_ARGUMENTS):
    outcomes.step(named("version"), publishes=[VERSION]) >> outcomes.step(named("release"))
