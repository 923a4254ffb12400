"""What the pipeline stands on: disk, object stores, git, DVC, SQL files, alerts. None of it knows a format of ours."""
