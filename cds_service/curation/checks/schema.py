"""Every JSON file has the form its schema describes: keys, dates, numbers, codes."""

from __future__ import annotations

from collections.abc import Iterator

from cds_service.curation.context import Context, Fault
from cds_service.curation.schema import Schemas, schema_name

name = "schema"


def run(context: Context) -> Iterator[Fault]:
    """What does not fit a schema, and files that have none."""
    schemas = Schemas(context.schemas)
    for path, document in context.documents.items():
        if path.startswith("schema/"):
            continue
        kind = schema_name(path)
        if not kind:
            yield Fault(path, "", "no schema describes a file of this name; move it, or write its schema")
            continue
        for where, what in schemas.faults(kind, document):
            yield Fault(path, where, what)
