"""Nesting is measured in two ways that must agree."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.hooks.depth import is_deeper_than
from cds_service.hooks.structure import structure_of

TEXTS = st.one_of(st.text(max_size=6), st.text(alphabet='[]{}"\\,:a', max_size=6))
DOCUMENTS = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=12,
)


def depth(document: Any) -> int:
    """The definition, as a recursion."""
    if isinstance(document, dict):
        return 1 + max(map(depth, document.values()), default=0)
    if isinstance(document, list):
        return 1 + max(map(depth, document), default=0)
    return 0


@given(DOCUMENTS, st.integers(0, 6))
def test_text_and_walk_agree_with_the_definition(document: Any, limit: int) -> None:
    expected = depth(document) > limit
    assert is_deeper_than(limit, document) is expected
    assert is_deeper_than(limit, document, structure_of(orjson.dumps(document))) is expected
    assert is_deeper_than(limit, document, structure_of(json.dumps(document, indent=1).encode())) is expected


@pytest.mark.parametrize(
    "text",
    [
        rb'{"a": "\\", "b": [[]]}',
        rb'{"a": "\"[[[["}',
        rb'{"a": "]]", "b": [[]]}',
        rb'{"a\\\"": ["{"]}',
        b'{"]": "["}',
    ],
)
def test_brackets_and_escapes_inside_texts_do_not_count(text: bytes) -> None:
    document = orjson.loads(text)
    for limit in range(5):
        assert is_deeper_than(limit, document, structure_of(text)) is (depth(document) > limit)
