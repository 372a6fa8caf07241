"""The table that says which class of a gene is more activity than another."""

from __future__ import annotations

from cds_service.curation.context import Context

FILE = "decisions/activity-order.tsv"


def activity_order(context: Context) -> dict[str, int]:
    """Class -> rank; a higher rank is more activity. Classes of different kinds of genes are not compared."""
    rows = (line.split("\t") for line in context.tables.get(FILE, "").split("\n")[1:])
    return {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit()}
