"""The verbatim past: answers of a service that others kept in public repositories, as observations of their time.

`importing.import_captures` brings them into the raw store. It may be repeated, and killed at any line: what is there
already is not stored again.
"""
