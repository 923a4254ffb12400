"""The independent witness: what was published is looked at again, by Airflow's own SQL checks, when everybody sees it.

publish proves table and CSV equal inside of its transaction. This looks from outside, over a connection of its own and
by code that is not ours: the common-sql provider's. Red means that somebody has changed table or CSV in between; the
next load mends it. No version waits for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from airflow.providers.common.sql.operators.sql import SQLTableCheckOperator  # noqa: TID253  # 60 ms of a parse
from airflow.sdk.exceptions import AirflowSkipException

from include.apod.adapters.files import md5_of
from include.apod.airflow import connections
from include.apod.formats.csv_file import read_content
from include.apod.formats.statements import row_md5
from include.apod.formats.store import PUBLISHED
from include.apod.settings import read_settings

if TYPE_CHECKING:
    from airflow.sdk import Context

# What must be true of apod.picture; `csv(ti.id)` is what the CSV is at that moment.
CHECKS = {
    "rows_of_the_load": "count(*) = (select row_count from apod.load order by load_id desc limit 1)",
    "rows_of_the_csv": "count(*) = {{ csv(ti.id).rows }}",
    "dates_unique": "count(distinct date) = count(*)",
    "dates_not_null": "count(date) = count(*)",
    "titles_not_null": "count(title) = count(*)",
    "first_day": "min(date) = '{{ csv(ti.id).first }}'",
    "last_day": "max(date) = '{{ csv(ti.id).last }}'",
    "values_as_published": "not exists (select from apod.picture join apod.origin using (date) where "
    f"origin.row_md5 <> {row_md5()})",
    "md5_of_the_csv": "(select md5 from apod.load order by load_id desc limit 1) = '{{ csv(ti.id).md5 }}'",
}


@dataclass(frozen=True)
class PublishedCsv:
    """What the checks compare the table with.

    Attributes:
        rows: of the CSV; 0 where nothing was published yet.
        first: its oldest day, `YYYY-MM-DD`.
        last: its newest day.
        md5: its own.
    """

    rows: int
    first: str
    last: str
    md5: str


@lru_cache(maxsize=1)
def read_csv(_task_instance: object) -> PublishedCsv:
    """The CSV as it is now; read once for each try of a task."""
    with connections.open_store(read_settings(), PUBLISHED, read_only=True) as store:
        if not store.csv.exists():
            return PublishedCsv(0, "", "", "")
        content = read_content(store.csv)
        return PublishedCsv(content.rows, content.first, content.last, md5_of(store.csv))


MACROS = {"csv": read_csv}


def await_publish(context: Context) -> None:
    """Skips the checks where there is nothing to check.

    Raises:
        AirflowSkipException: nothing was published yet.
    """
    if not read_csv(context["ti"].id).rows:
        raise AirflowSkipException("nothing is published yet")


def report(context: Context, _result: object = None) -> None:
    """Leaves the sentence where those of the steps are."""
    context["ti"].xcom_push("report", f"{len(CHECKS)} checks from outside passed: {', '.join(CHECKS)}")


def check(trigger_rule: str) -> SQLTableCheckOperator:
    """The task: a check that fails is no error that a retry helps, so it is red at once."""
    return SQLTableCheckOperator(
        task_id="check",
        conn_id="apod_postgres",
        table="apod.picture",
        checks={name: {"check_statement": statement} for name, statement in CHECKS.items()},
        retry_on_failure=False,
        pre_execute=await_publish,
        post_execute=report,
        trigger_rule=trigger_rule,
        doc_md=__doc__,
    )
