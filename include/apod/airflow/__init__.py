"""What Airflow sees: assets, connections, tasks, and the outcomes of steps. Only this folder imports Airflow."""
