"""Step 1, extraction: what NASA says, day by day, kept as raw JSON.

- **Reads**: NASA's services, in the order of `APOD_SOURCES` (connection `apod_api`); where the raw store lacks
  something, the last version in git and DVC first.
- **Publishes**: `apod_raw`, when a day is new, was corrected by NASA, or is said to have no picture.
- **May it be re-run?** Always. It asks for what the calendar lacks and for the newest 16 days, and appends
  only what differs. `start_date` and `end_date` read a range again now; `restore` takes in what the last
  version holds and we lack.
- **When red**: the log's last error begins with the word for it: `source down`, `over quota`, or what a service
  answers instead of pictures. What was read is kept; the next run goes on from there. A scheduled run waits for
  today's picture (`not out yet`), until the evening; a manual one takes what there is.
"""

from airflow.sdk import DAG, Param

from include.apod.airflow import assets, outcomes, tasks

with DAG(
    "apod_ingest",
    doc_md=__doc__,
    schedule=assets.DAILY,
    params={
        "start_date": Param(None, type=["null", "string"], format="date", description="Read again from this day on"),
        "end_date": Param(None, type=["null", "string"], format="date", description="Read again up to this day"),
        "restore": Param(False, type="boolean", description="Take in what the last version holds and we lack"),
    },
    **outcomes.DAG_ARGUMENTS,
):
    await_picture = outcomes.wait(tasks.await_picture, poke_interval=3600, timeout=16 * 3600)
    ingest = outcomes.step(tasks.ingest, publishes=[assets.RAW], trigger_rule="none_failed")

    await_picture >> ingest
