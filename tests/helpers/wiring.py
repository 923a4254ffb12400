"""The DAGs, as one literal table."""

# DAG -> (reads, clock in New York, tasks with what they publish, in order, parameters)
WIRING = {
    "apod_ingest": (
        [],
        "15 6 * * *",
        [("await_picture", []), ("ingest", ["apod_raw"])],
        ["end_date", "restore", "start_date"],
    ),
    "apod_load": (
        ["apod_raw"],
        "45 7 * * *",
        [
            ("transform", []),
            ("stage_csv", []),
            ("stage_table", []),
            ("publish", ["apod_table", "apod_csv"]),
            ("index", []),
            ("check", []),
        ],
        ["allow_mass_change", "allow_shrink", "rebuild"],
    ),
    "apod_version": (
        ["apod_csv"],
        "15 8 * * *",
        [("version", ["apod_version"]), ("release", [])],
        ["allow_shrink", "message"],
    ),
}
