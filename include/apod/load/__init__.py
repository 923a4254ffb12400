"""Transformation and loading (`apod_load`): table and CSV are brought in line with the raw store.

The steps, in order: `transform`; `stage_table` and `stage_csv`, side by side; `publish`.
"""
