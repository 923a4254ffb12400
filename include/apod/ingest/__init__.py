"""Extraction (`apod_ingest`): the raw store is brought in line with the calendar. The step is `ingest.ingest`."""
