"""The index of the fixture patients: their story and the ready examples of the order-entry page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Examples = tuple[Mapping[str, Any], ...]


def read_examples(fixtures: Path) -> Examples:
    """
    Read `patients/index.json`.

    Returns:
        One mapping per patient with `id`, `name`, `story` and `try`. Each entry of `try` has `drug`, `rxcui`
        and `text` (the clinical drug), `reason` (CodeableConcept), `dose`, `route`, `expect`, and `renews`
        where the order continues an active one.
    """
    return tuple(json.loads((fixtures / "patients" / "index.json").read_text(encoding="utf-8")))
