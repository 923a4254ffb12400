"""The assets and the schedules; no other module names them.

The URIs are constant and depend on no setting: Airflow 3.3 fails the tasks of an asset whose URI changed.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Asset, AssetOrTimeSchedule, CronTriggerTimetable

RAW = Asset("apod_raw", uri="x-apod://raw", group="apod")
TABLE = Asset("apod_table", uri="x-apod://table", group="apod")
CSV = Asset("apod_csv", uri="x-apod://csv", group="apod")
VERSION = Asset("apod_version", uri="x-apod://version", group="apod")


def daily(cron: str) -> CronTriggerTimetable:
    """A time of day in New York. A new DAG waits for it.

    By default Airflow 3.3.2 runs a new DAG at once within a tenth of a day after that time, though its documentation
    says otherwise.
    """
    return CronTriggerTimetable(cron, timezone="America/New_York", run_immediately=timedelta(0))


DAILY = daily("15 6 * * *")
# Airflow can lose an event of a paused or busy consumer (apache/airflow#56050), so each DAG also runs once a day.
ON_RAW = AssetOrTimeSchedule(timetable=daily("45 7 * * *"), assets=[RAW])
ON_CSV = AssetOrTimeSchedule(timetable=daily("15 8 * * *"), assets=[CSV])
