"""What the steps hand over: every file and table of the pipeline, one module each. Steps meet only here."""
