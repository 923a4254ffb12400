"""The assets and the clocks: the only place that names them. URIs are logical and constant.

Airflow 3.3 fails the tasks of an asset whose URI changed, so no setting enters here.
"""

from __future__ import annotations

from airflow.sdk import Asset, AssetOrTimeSchedule, CronTriggerTimetable

RAW = Asset("apod_raw", uri="x-apod://raw", group="apod")
TABLE = Asset("apod_table", uri="x-apod://table", group="apod")
CSV = Asset("apod_csv", uri="x-apod://csv", group="apod")
VERSION = Asset("apod_version", uri="x-apod://version", group="apod")

NEW_YORK = "America/New_York"
DAILY = CronTriggerTimetable("15 6 * * *", timezone=NEW_YORK)
# Airflow can lose an event of a paused or busy consumer (apache/airflow#56050): once a day, look anyway.
ON_RAW = AssetOrTimeSchedule(timetable=CronTriggerTimetable("45 7 * * *", timezone=NEW_YORK), assets=[RAW])
ON_CSV = AssetOrTimeSchedule(timetable=CronTriggerTimetable("15 8 * * *", timezone=NEW_YORK), assets=[CSV])
