"""What each step read and wrote, in OpenLineage's terms; used by its provider, and only where that is switched on.

AIRFLOW__OPENLINEAGE__TRANSPORT='{"type": "http", "url": "…"}'
AIRFLOW__OPENLINEAGE__EXTRACTORS=include.apod.airflow.lineage.Steps
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from airflow.providers.openlineage.extractors.base import BaseExtractor, OperatorLineage  # noqa: TID253  # nobody else imports this
from airflow.sdk import Connection
from openlineage.client.event_v2 import InputDataset, OutputDataset
from openlineage.client.facet_v2 import dataset_version_dataset, output_statistics_output_dataset, schema_dataset

from include.apod.airflow import outcomes
from include.apod.formats.columns import COLUMNS
from include.apod.settings import read_settings

if TYPE_CHECKING:
    from include.apod.run import Report

WORDS = {
    "date": "Day of the picture.",
    "seen_at": "When it was said, UTC.",
    "source": "The service that said it.",
    "sha256": "Digest of the words.",
    "record": "The record as it was sent.",
    "absent": "The service's word that there is no picture.",
}
FLOWS = {  # what a step reads and writes
    "ingest": (["nasa"], ["raw"]),
    "transform": (["raw"], []),
    "publish": (["raw"], ["table", "csv"]),
    "version": (["raw", "csv"], ["version"]),
}


class Steps(BaseExtractor):
    """Tells the provider of the steps; of other Python tasks it says nothing."""

    @classmethod
    def get_operator_classnames(cls) -> list[str]:
        return ["_PythonDecoratedOperator"]

    def _execute_extraction(self) -> OperatorLineage[Any, Any] | None:
        return OperatorLineage()  # nothing is known before the work is done

    def extract_on_complete(self, task_instance: Any) -> OperatorLineage[Any, Any] | None:
        reads, writes = FLOWS.get(task_instance.task_id, ([], []))
        report = outcomes.done.get(task_instance.task_id)
        written = writes if report and report.changed else []
        return OperatorLineage(
            inputs=[InputDataset(*dataset(name), facets=_facets(name, None)) for name in reads],
            outputs=[
                OutputDataset(*dataset(name), facets=_facets(name, report), outputFacets=_statistics(report))
                for name in written
            ],
        )


def dataset(name: str) -> tuple[str, str]:
    """Namespace and name of an asset, as OpenLineage spells them; never a user or a password."""
    match name:
        case "nasa":
            return _address(Connection.get("apod_api").host or "https://api.nasa.gov", "planetary/apod")
        case "table":
            told = Connection.get("apod_postgres")
            return f"postgres://{told.host}:{told.port or 5432}", f"{told.schema}.apod.picture"
        case "version":
            return _address(
                Connection.get("apod_git").host or "", f"data/apod_data.csv.dvc@{read_settings().git_branch}"
            )
    store, file = read_settings().store, {"raw": "raw", "csv": "apod_data.csv"}[name]
    return ("file", f"{store / file}") if isinstance(store, Path) else _address(store, file)


def _address(url: str, name: str) -> tuple[str, str]:
    """An address without its user, and a name below its path."""
    if "://" not in url:  # git@host:path
        host, _, path = url.rpartition("@")[2].partition(":")
        return f"ssh://{host}", f"{path}/{name}"
    parts = urlsplit(url)
    path = f"{unquote(parts.path)}/{name}"
    if parts.scheme == "file":
        return "file", path
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", path.lstrip("/")


def _facets(name: str, report: Report | None) -> dict[str, Any]:
    columns = {"nasa": {}, "raw": WORDS}.get(name, COLUMNS)
    fields = [schema_dataset.SchemaDatasetFacetFields(column, "date" if column == "date" else "text", said)
              for column, said in columns.items()]  # fmt: skip
    made: dict[str, Any] = {"schema": schema_dataset.SchemaDatasetFacet(fields)} if fields else {}
    facts = report.facts if report else {}
    if mark := facts.get("commit") or facts.get("md5") or facts.get("last"):
        made["version"] = dataset_version_dataset.DatasetVersionDatasetFacet(f"{mark}")
    return made


def _statistics(report: Report | None) -> dict[str, Any]:
    facts = report.facts if report else {}
    rows = facts.get("rows", sum(int(facts.get(name, 0)) for name in ("added", "corrected", "no_picture")))
    return {"outputStatistics": output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(rowCount=int(rows))}
