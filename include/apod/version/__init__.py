"""Data and code versioning (`apod_version`): bytes in the DVC remote, pointers in a git commit.

The step is `version.version`; its parts are `draft` (the bytes) and `commit` (the pointers).
"""
