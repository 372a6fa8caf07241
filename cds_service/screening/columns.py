"""The two tables a screening writes."""

from __future__ import annotations

import pyarrow as pa

#: One row for each person, drug and finding.
FINDINGS = pa.schema(
    [
        ("patient", pa.string()),
        ("age_band", pa.string()),
        ("sex", pa.string()),
        ("drug", pa.string()),
        ("order", pa.string()),
        ("genes", pa.string()),
        ("results", pa.string()),
        ("outcome", pa.string()),
        ("action", pa.string()),
        ("urgency", pa.string()),
        ("fires", pa.bool_()),
        ("source", pa.string()),
        ("strength", pa.string()),
        ("rules", pa.string()),
        ("summary", pa.string()),
    ]
)

#: One row for each person, also for those nothing is found of.
PEOPLE = pa.schema(
    [
        ("patient", pa.string()),
        ("age_band", pa.string()),
        ("sex", pa.string()),
        ("tested", pa.string()),
        ("drugs", pa.int32()),
        ("fires", pa.int32()),
        ("state", pa.string()),
    ]
)
