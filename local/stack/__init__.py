"""The embedded stack: PostgreSQL, Airflow, a repository that plays GitHub, and their processes, under `.local/`."""
