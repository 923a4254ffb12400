"""Every setting: `APOD_*` environment variables, read once a process into one frozen, validated object."""

from __future__ import annotations

import sys
from datetime import date
from email.utils import parseaddr
from functools import cache
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from include.apod.adapters.commits import checkout_version
from include.apod.errors import Misconfigured, masked
from include.apod.sources import SERVICES

PROJECT = Path(__file__).resolve().parents[2]


class Settings(BaseSettings):
    """The settings. `.env.example` and docs/settings.md list the same names, which a test checks."""

    model_config = SettingsConfigDict(env_prefix="APOD_", frozen=True, extra="ignore", env_ignore_empty=True)

    store: Path | str = Field(
        PROJECT / "data", description="folder of raw, clean and the CSV, or `s3://bucket/path`; shared by all workers"
    )
    since: date = Field(date(1995, 6, 16), description="first day of the archive")
    sources: Annotated[tuple[str, ...], NoDecode] = Field(
        SERVICES, min_length=1, description="services to ask, in order of preference"
    )
    requests_per_run: int = Field(1000, ge=1, description="most requests one ingest may make")
    pause_seconds: float = Field(1.0, ge=0, description="pause between two requests")
    lookback_days: int = Field(16, ge=0, description="newest days that are read again every day")
    git_branch: str = Field("main", min_length=1, description="branch that the versions are committed to")
    git_author: str = Field("APOD pipeline <apod@localhost>", description="name and address on the commits")
    dvc_remote: str | None = Field(
        None, description="URL of the DVC remote; written to `.dvc/config` with the next version"
    )
    dvc_python: str = Field(sys.executable, description="interpreter that has DVC")
    table: str | None = Field(
        None, description="table of your own that each load keeps in line, such as `public.apod_data`"
    )
    release: Path | str | None = Field(
        None, description="folder or object store's URL where each version is released as plain files"
    )
    release_versions: int = Field(30, ge=0, description="versions that stay in the release, the newest; 0 for all")
    pictures_from: str | None = Field(
        None, description="address that the page shows pictures from instead of their own; the stand-in's"
    )
    code_version: str = Field(
        default_factory=lambda: checkout_version(PROJECT),
        description="commit of the running code, for the `Code-Commit` trailer",
    )

    @field_validator("sources", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(name.strip() for name in value.split(",")) if isinstance(value, str) else value

    @field_validator("sources")
    @classmethod
    def _registered(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [name for name in value if name not in SERVICES]:
            msg = f"{unknown[0]!r} is no service; write {' or '.join(map(repr, SERVICES))}"
            raise ValueError(msg)
        if len(set(value)) < len(value):
            msg = "a service is named twice"
            raise ValueError(msg)
        return value

    @field_validator("store", "release", mode="before")
    @classmethod
    def _absolute(cls, value: object) -> object:
        if value is None:
            return value
        parts = urlsplit(f"{value}")
        if not parts.scheme:
            return PROJECT / f"{value}"  # an absolute one stays what it is
        if not parts.netloc or parts.query or "@" in f"{value}":
            msg = "write the path of a folder that all workers share, or scheme://bucket/path without credentials"
            raise ValueError(msg)
        return f"{value}".rstrip("/")

    @field_validator("dvc_remote")
    @classmethod
    def _anywhere(cls, value: str | None) -> str | None:
        """A folder is the same one wherever a task runs: `~` is the user's, a relative one the project's."""
        return value if value is None or "://" in value else f"{PROJECT / Path(value).expanduser()}"

    @field_validator("git_author")
    @classmethod
    def _addressed(cls, value: str) -> str:
        if not all(parseaddr(value)):
            msg = "write it as: Name <address@example.org>"
            raise ValueError(msg)
        return value

    @field_validator("git_branch")
    @classmethod
    def _plain(cls, value: str) -> str:
        if value.startswith("-") or any(c in value for c in " ~^:?*[\\"):
            msg = "not a branch name git accepts"
            raise ValueError(msg)
        return value


@cache
def read_settings() -> Settings:
    """The settings of this process, from its environment; read at the first call.

    Raises:
        Misconfigured: names each variable that is wrong, its value and what it should be.
    """
    try:
        return Settings()
    except ValidationError as error:
        problems = "; ".join(
            f"APOD_{str(e['loc'][0]).upper()}={e['input']!r}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors()
        )
        raise Misconfigured(f"{masked(problems)}. Meanings and defaults are in .env.example.") from None
