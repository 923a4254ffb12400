"""The pipeline's own work, as plain functions. CONTRIBUTING.md has the map.

A folder imports only from those below it:

    ui                         the page inside Airflow
    airflow                    tasks, assets, connections: the only folder that imports Airflow
    status, rebuild            what is left to do; the command that makes a CSV from a raw store
    ingest | load | version    the steps, a folder a DAG; they never import each other
    history                    what people ask of versions that exist
    settings                   every setting, read once
    sources                    NASA's services
    formats                    what the steps hand over
    adapters                   disk, object store, git, DVC, SQL files, alerts
    errors, days, run          words that all of them share
"""
