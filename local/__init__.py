"""The embedded default: everything a laptop lacks, under `.local/`."""
