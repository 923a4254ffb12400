"""Steps 2 and 3, transformation and loading: one clean archive, as a table and as a CSV, proven equal.

- **Reads**: the raw store, when `apod_raw` has news and once a day.
- **Publishes**: `apod_table` and `apod_csv`, when they hold something new.
- **May it be re-run?** Always. It compares table and CSV with the raw store and does the difference.
- **When red**: nothing was published, table and CSV are as they were. If a guard stopped it, the error says
  what it found; `allow_shrink` or `allow_mass_change` let it through. `rebuild` makes all months anew.
"""

from airflow.sdk import DAG, Param

from include.apod.airflow import assets, outcomes, tasks

with DAG(
    "apod_load",
    doc_md=__doc__,
    schedule=assets.ON_RAW,
    params={
        "allow_shrink": Param(False, type="boolean", description="Days may vanish from the archive"),
        "allow_mass_change": Param(False, type="boolean", description="More than 5 % of the rows may change"),
        "rebuild": Param(False, type="boolean", description="Make every month anew from the raw store"),
    },
    **outcomes.DAG_ARGUMENTS,
):
    transform = outcomes.step(tasks.transform)
    stage_table = outcomes.step(tasks.stage_table)
    stage_csv = outcomes.step(tasks.stage_csv)
    publish = outcomes.step(tasks.publish, publishes=[assets.TABLE, assets.CSV])
    index = outcomes.step(tasks.index, trigger_rule="none_failed")

    transform >> [stage_table, stage_csv] >> publish >> index
