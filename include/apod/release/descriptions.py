"""What machines read of a release: Data Package, Croissant, citation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import yaml

from include.apod.adapters.files import Checksums, sha256_of
from include.apod.formats.columns import COLUMNS
from include.apod.formats.datapackage import CONTRIBUTORS, LICENSES, describe

if TYPE_CHECKING:
    from pathlib import Path

    from include.apod.release.edition import Edition

TITLE = "NASA's Astronomy Picture of the Day, the whole series"
CROISSANT_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def datapackage(edition: Edition, parquet: Path | None) -> bytes:
    """`datapackage.json`: that of the published CSV, with what only a version has."""
    package = json.loads(describe(edition.csv, Checksums(edition.version.csv, edition.sha256)))
    package |= {"version": edition.version.commit, "created": edition.version.time, "homepage": edition.page}
    if parquet:
        package["resources"].append(
            {
                "name": "apod_data_parquet",
                "path": parquet.name,
                "format": "parquet",
                "mediatype": "application/vnd.apache.parquet",
                "sha256": sha256_of(parquet),  # not `hash` and `bytes`, which frictionless cannot check of Parquet
            }
        )
    return _json(package)


def _field(name: str) -> dict[str, object]:
    """A column in Croissant's terms."""
    return {
        "@type": "cr:Field",
        "@id": f"pictures/{name}",
        "name": name,
        "description": COLUMNS[name].description,
        "dataType": "sc:Date" if COLUMNS[name].kind == "date" else "sc:Text",
        "source": {"fileObject": {"@id": "apod_data.csv"}, "extract": {"column": name}},
    }


def croissant(edition: Edition) -> bytes:
    """`croissant.json`, version 1.1 of the format."""
    distribution = {
        "@type": "cr:FileObject",
        "@id": "apod_data.csv",
        "name": "apod_data.csv",
        "description": "One row a day.",
        "contentUrl": "apod_data.csv",
        "contentSize": f"{edition.csv.stat().st_size} B",
        "encodingFormat": "text/csv",
        "md5": edition.version.csv,
        "sha256": edition.sha256,
    }
    records = {
        "@type": "cr:RecordSet",
        "@id": "pictures",
        "name": "pictures",
        "description": "The pictures, one a day.",
        "key": {"@id": "pictures/date"},
        "field": [_field(name) for name in COLUMNS],
    }
    return _json(
        {
            "@context": CROISSANT_CONTEXT,
            "@type": "sc:Dataset",
            "conformsTo": "http://mlcommons.org/croissant/1.1",
            "name": "apod",
            "description": f"{TITLE}: one row a day, {edition.content.first} to {edition.content.last}.",
            "url": edition.page,
            "version": f"{edition.version.time[:10].replace('-', '.')}+{edition.version.commit[:12]}",
            "datePublished": edition.version.time,
            "isLiveDataset": True,
            "license": [entry["path"] for entry in LICENSES],
            "usageInfo": LICENSES[0]["title"],
            "creator": [{"@type": "sc:Organization", "name": entry["title"]} for entry in CONTRIBUTORS],
            "citeAs": f"{TITLE}, version {edition.version.commit[:12]} of {edition.version.time[:10]}",
            "distribution": [distribution],
            "recordSet": [records],
        }
    )


def citation(edition: Edition) -> bytes:
    """`CITATION.cff`."""
    cited = {
        "cff-version": "1.2.0",
        "message": "Cite the version that you used; the pictures and texts are their authors'.",
        "type": "dataset",
        "title": TITLE,
        "authors": [{"name": entry["title"]} for entry in CONTRIBUTORS],
        "version": edition.version.commit,
        "date-released": edition.version.time[:10],
        "identifiers": [{"type": "other", "value": f"sha256:{edition.sha256}", "description": "apod_data.csv"}],
    }
    if edition.page.startswith("https://"):
        cited["repository-code"] = edition.page
    return yaml.safe_dump(cited, sort_keys=False, allow_unicode=True).encode()
