"""Steps 4, data versioning, and 5, code versioning: bytes in the DVC remote, pointers in a git commit.

- **Reads**: the CSV and the raw store, when `apod_csv` has news and once a day.
- **Publishes**: `apod_version`, when a commit was made.
- **May it be re-run?** Always, alone or not. It compares the branch's tip with the CSV; nothing to change, no
  commit. Bytes that the remote lost are put back either way. `message` becomes part of the commit.
  A version that lacks words of the one before stops; `allow_shrink` lets it through.
- **After it**: `release` puts the newest version as plain files where `APOD_RELEASE` says, if it says so.
- **When red**: the branch names the version before, whole. The error says whether repository, DVC remote or
  credentials are to blame.
"""

from airflow.sdk import DAG, Param

from include.apod.airflow import assets, outcomes, tasks

with DAG(
    "apod_version",
    doc_md=__doc__,
    schedule=assets.ON_CSV,
    params={
        "message": Param(None, type=["null", "string"], description="What to say about this version"),
        "allow_shrink": Param(False, type="boolean", description="Words of the version before may go"),
    },
    **outcomes.DAG_ARGUMENTS,
):
    version = outcomes.step(tasks.version, publishes=[assets.VERSION], links=[outcomes.Commit()])
    release = outcomes.step(tasks.release, trigger_rule="none_failed")

    version >> release
