-- Purpose: forget what is staged, so that the next run stages all of it again. Safe to repeat: yes.
truncate apod.staged, apod.staging, apod.staging_origin, apod.staging_rejected
