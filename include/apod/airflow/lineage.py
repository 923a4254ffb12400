"""What each step read and wrote, in OpenLineage's terms; used by its provider where that is switched on.

AIRFLOW__OPENLINEAGE__TRANSPORT='{"type": "http", "url": "…"}'
AIRFLOW__OPENLINEAGE__EXTRACTORS=include.apod.airflow.lineage.Steps
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit

from airflow.providers.openlineage.extractors.base import BaseExtractor, OperatorLineage  # noqa: TID253  # no DAG file imports this module
from airflow.sdk import Connection
from openlineage.client.event_v2 import InputDataset, OutputDataset
from openlineage.client.facet_v2 import dataset_version_dataset, output_statistics_output_dataset, schema_dataset

from include.apod.airflow.approval import StepOperator
from include.apod.airflow.outcomes import report_of
from include.apod.formats.columns import COLUMNS
from include.apod.settings import read_settings

if TYPE_CHECKING:
    from include.apod.run import Report

RAW_FIELDS = {
    "date": "Day of the picture.",
    "seen_at": "Time of the answer, UTC.",
    "source": "The service that answered.",
    "sha256": "Digest of the record.",
    "record": "The record as it was sent.",
    "absent": "The service's answer that there is no picture.",
}


class Flow(NamedTuple):
    """The datasets that a step reads and writes."""

    reads: list[str]
    writes: list[str]


class DatasetName(NamedTuple):
    """A dataset in OpenLineage's terms."""

    namespace: str
    name: str


FLOWS = {
    "ingest": Flow(["nasa"], ["raw"]),
    "transform": Flow(["raw"], []),
    "publish": Flow(["raw"], ["table", "csv"]),
    "version": Flow(["raw", "csv"], ["version"]),
}


class Steps(BaseExtractor):
    """Tells OpenLineage's provider what a step did."""

    @classmethod
    def get_operator_classnames(cls) -> list[str]:
        """The operators that this extractor is for."""
        return [StepOperator.__name__]

    def _execute_extraction(self) -> OperatorLineage[Any, Any] | None:
        return OperatorLineage()  # nothing is known before the step ran

    def extract_on_complete(self, task_instance: Any) -> OperatorLineage[Any, Any] | None:
        """Inputs and outputs of a step that ran."""
        flow, report = FLOWS.get(task_instance.task_id, Flow([], [])), report_of(self.operator)
        written = flow.writes if report and report.changed else []
        return OperatorLineage(
            inputs=[InputDataset(*dataset(name), facets=_facets(name, None)) for name in flow.reads],
            outputs=[
                OutputDataset(*dataset(name), facets=_facets(name, report), outputFacets=_statistics(report))
                for name in written
            ],
        )


def _address(url: str, name: str) -> DatasetName:
    """A URL without its user, and a name below its path."""
    if "://" not in url:  # git@host:path
        host, _, path = url.rpartition("@")[2].partition(":")
        return DatasetName(f"ssh://{host}", f"{path}/{name}")
    parts = urlsplit(url)
    path = f"{unquote(parts.path)}/{name}"
    if parts.scheme == "file":
        return DatasetName("file", path)
    return DatasetName(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", path.lstrip("/"))


def dataset(name: str) -> DatasetName:
    """The name of one of our datasets in OpenLineage; never with a user or a password."""
    match name:
        case "nasa":
            return _address(Connection.get("apod_api").host or "https://api.nasa.gov", "planetary/apod")
        case "table":
            database = Connection.get("apod_postgres")
            namespace = f"postgres://{database.host}:{database.port or 5432}"
            return DatasetName(namespace, f"{database.schema}.apod.picture")
        case "version":
            return _address(
                Connection.get("apod_git").host or "", f"data/apod_data.csv.dvc@{read_settings().git_branch}"
            )
    store, file = read_settings().store, {"raw": "raw", "csv": "apod_data.csv"}[name]
    return DatasetName("file", f"{store / file}") if isinstance(store, Path) else _address(store, file)


def _descriptions(name: str) -> dict[str, str]:
    """The fields of a dataset with their descriptions."""
    columns = {column.name: column.description for column in COLUMNS.values()}
    return {"nasa": {}, "raw": RAW_FIELDS}.get(name, columns)


def _facets(name: str, report: Report | None) -> dict[str, Any]:
    """Schema and version of a dataset."""
    fields = [
        schema_dataset.SchemaDatasetFacetFields(field, "date" if field == "date" else "text", description)
        for field, description in _descriptions(name).items()
    ]
    facets: dict[str, Any] = {"schema": schema_dataset.SchemaDatasetFacet(fields)} if fields else {}
    facts = report.facts if report else {}
    if version := facts.get("commit") or facts.get("md5") or facts.get("last"):
        facets["version"] = dataset_version_dataset.DatasetVersionDatasetFacet(f"{version}")
    return facets


def _statistics(report: Report | None) -> dict[str, Any]:
    """The number of rows that were written."""
    facts = report.facts if report else {}
    rows = facts.get("rows", sum(int(facts.get(name, 0)) for name in ("added", "corrected", "no_picture")))
    return {"outputStatistics": output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(rowCount=int(rows))}
