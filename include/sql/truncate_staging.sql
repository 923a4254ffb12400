-- Purpose: empty the staging table. Safe to repeat: yes, in the transaction that fills it again.
truncate apod.staging
