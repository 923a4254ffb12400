"""The page "APOD" in Airflow: what is in PostgreSQL, the store and the repository, for people. It only reads."""
