"""Values that nobody would send on purpose."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 10**12), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=30),
    st.sampled_from(["", "Patient/p1", "draft", "2024-13-45", "*2/*2", "http://x", "0" * 500]),
)  # fmt: skip
JUNK = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)

#: What stands in FHIR where something else was expected.
FHIR_SCALARS = st.sampled_from(
    [
        *("2024", "2024-02", "2024-02-30", "0000-01-01", "9999-12-31", "2024-05-14T10:00:00+14:00", "T"),
        *("active", "final", "entered-in-error", "unknown", "completed", "84413-4", "48018-6", "LA9633-4"),
        *("CYP2C19", "CYP2D6 *1/*2x2", "HLA-B", "*57:01", "1e400", "-0", "NaN", "٣", "\x00", "\ud800", "#x"),
        *("Patient/", "Patient/p1/_history/2", "urn:uuid:0", "?", "mg/dL", "mmol/L", "%", "1" * 40),
        *(0, -1, 1e308, 5e-324, 2**63, -(2**63), [], {}, [[]], [None], {"coding": None}, {"coding": [None]}),
    ]
)


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """All places in a JSON value."""
    found = [at] if at else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += paths(item, (*at, key))
    return found


@st.composite
def mutated(draw: st.DrawFn, value: Any, places: list[tuple[Any, ...]], junk: Any = JUNK) -> Any:
    """
    A copy of a JSON value with up to four places removed, replaced, wrapped or repeated.

    Args:
        draw: Of hypothesis.
        value: Stays as it is.
        places: Its `paths`, made once.
        junk: What is put in.
    """
    body = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, 4))):
        path = draw(st.sampled_from(places))
        parent: Any = body
        try:
            for key in path[:-1]:
                parent = parent[key]
            what = draw(st.sampled_from(["remove", "replace", "wrap", "repeat"]))
            if what == "remove":
                del parent[path[-1]]
            elif what == "replace":
                parent[path[-1]] = draw(junk)
            elif what == "wrap":
                parent[path[-1]] = [parent[path[-1]]]
            elif isinstance(parent, list):
                parent.append(copy.deepcopy(parent[path[-1]]))
        except (KeyError, IndexError, TypeError):
            continue
    return body
