"""The pipeline's own work, free of the orchestrator.

The modules in the order of the data: `sources` -> `ingest` -> `raw` -> `transform` -> `stage_table` and
`stage_csv` -> `publish` -> `version`. Only `assets`, `connections` and `outcomes` know Airflow; `tasks` joins
the two sides.
"""
