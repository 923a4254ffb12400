-- Purpose: our own database beside Airflow's in `astro dev start`. Run by the postgres image, once.
-- Safe to repeat: no, it fails where the database exists.
create database apod;
