"""The page "APOD" in Airflow: the archive for people, from PostgreSQL, store and repository. It only reads."""
