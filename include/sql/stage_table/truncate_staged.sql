-- Purpose: empty the staging tables, so that the next run stages every month again. Safe to repeat: yes.
truncate apod.staged, apod.staging, apod.staging_origin, apod.staging_rejected
