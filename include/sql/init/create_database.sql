-- Purpose: our own database beside Airflow's in `astro dev start`. Run by the postgres image, once.
create database apod;
