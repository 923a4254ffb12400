"""Steps 2, transformation, and 3, loading: one clean archive, as a table and as a CSV, proven equal.

- **Reads**: the raw store, when `apod_raw` has news and once a day.
- **Publishes**: `apod_table` and `apod_csv`, when they hold something new.
- **May it be re-run?** Always. It compares table and CSV with the raw store and does the difference.
- **When it waits**: a guard asks whether days may go, or many may change (*Required Actions*; for a day).
  `allow_shrink` and `allow_mass_change` are the answer beforehand. `rebuild` makes all months anew.
- **When red**: nothing was published, table and CSV are as they were. Is it `check`, somebody has changed the
  table or the CSV since; the next load mends it, and no version has waited.
"""

from airflow.sdk import DAG, Param

from include.apod.airflow import assets, outcomes, tasks, witness

with DAG(
    "apod_load",
    doc_md=__doc__,
    schedule=assets.ON_RAW,
    params={
        "allow_shrink": Param(False, type="boolean", description="Days may vanish from the archive"),
        "allow_mass_change": Param(False, type="boolean", description="More than 5 % of the rows may change"),
        "rebuild": Param(False, type="boolean", description="Make every month anew from the raw store"),
    },
    user_defined_macros=witness.MACROS,
    **outcomes.DAG_ARGUMENTS,
):
    transform = outcomes.step(tasks.transform)
    stage_table = outcomes.step(tasks.stage_table)
    stage_csv = outcomes.step(tasks.stage_csv)
    publish = outcomes.step(tasks.publish, publishes=[assets.TABLE, assets.CSV])
    index = outcomes.step(tasks.index, trigger_rule="none_failed")
    check = witness.check(trigger_rule="none_failed")

    transform >> [stage_table, stage_csv] >> publish >> index >> check
