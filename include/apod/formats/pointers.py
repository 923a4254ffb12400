"""The `.dvc` files that a version consists of."""

from __future__ import annotations

import yaml

CSV_POINTER = "data/apod_data.csv.dvc"
RAW_POINTER = "data/raw.dvc"


def named(pointer: str | None) -> str | None:
    """The object that a `.dvc` file names; None where it is none, or was spoiled by hand."""
    try:
        return f"{yaml.safe_load(pointer)['outs'][0]['md5']}" if pointer else None
    except (yaml.YAMLError, KeyError, IndexError, TypeError):
        return None


def meta_in(pointer: str | None) -> dict[str, str]:
    """The facts that a `.dvc` file carries; none where it was spoiled by hand."""
    try:
        return {name: f"{value}" for name, value in yaml.safe_load(pointer or "")["meta"].items()}
    except (yaml.YAMLError, KeyError, TypeError, AttributeError):
        return {}
