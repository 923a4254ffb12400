"""The `.dvc` files of a version, and the facts that they carry in `meta:`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import yaml

CSV_POINTER = "data/apod_data.csv.dvc"
RAW_POINTER = "data/raw.dvc"


@lru_cache(maxsize=64)
def _parsed(pointer: str) -> Any:  # type: ignore[explicit-any]  # parsed YAML
    """The content of a `.dvc` file; a step asks the same one several things."""
    return yaml.safe_load(pointer)


def object_in(pointer: str | None) -> str | None:
    """The name of the object that the text of a `.dvc` file points at; None if there is no valid one."""
    try:
        return f"{_parsed(pointer)['outs'][0]['md5']}" if pointer else None
    except (yaml.YAMLError, KeyError, IndexError, TypeError):
        return None


def remote_in(pointer: str | None) -> str | None:
    """The name of the DVC remote that the text of a `.dvc` file names for its bytes; None if it names none."""
    try:
        name = _parsed(pointer)["outs"][0].get("remote") if pointer else None
    except (yaml.YAMLError, KeyError, IndexError, TypeError, AttributeError):
        return None
    return f"{name}".lower() if name else None


def facts_in(pointer: str | None) -> dict[str, str]:
    """The facts in `meta:` of the text of a `.dvc` file, by name; none if there is no valid one."""
    try:
        return {name: f"{value}" for name, value in _parsed(pointer or "")["meta"].items()}
    except (yaml.YAMLError, KeyError, TypeError, AttributeError):
        return {}


def with_facts(pointer: str, trailers: dict[str, str]) -> str:
    """The text of a `.dvc` file with the trailers of the commit as its `meta:`, in snake_case."""
    meta = {name.lower().replace("-", "_"): value for name, value in trailers.items()}
    return yaml.safe_dump({**_parsed(pointer), "meta": meta}, sort_keys=False)
