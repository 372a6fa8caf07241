"""A field that is named twice is found wherever it stands, and nothing else is taken for one."""

from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.hooks.doubled import has_doubled_names
from cds_service.hooks.structure import structure_of

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(alphabet='ab":\\{}[],', max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(alphabet='ab":\\', max_size=3), inner, max_size=3)
    ),
)


@given(VALUES)
def test_a_document_without_doubled_names_has_none(value: object) -> None:
    for text in (json.dumps(value).encode(), orjson.dumps(value)):
        assert not has_doubled_names(structure_of(text), orjson.loads(text))


@given(VALUES, st.text(alphabet='ab":\\', max_size=3))
def test_a_doubled_name_is_found(value: object, name: str) -> None:
    member = f"{json.dumps(name)}: {json.dumps(value)}"
    text = f'{{"x": [{{{member}, {member}}}]}}'.encode()
    assert has_doubled_names(structure_of(text), orjson.loads(text))


@pytest.mark.parametrize(
    "text", [b'{"a": 1, "a": 1}', b'{"a": {"b": [], "b": []}}', b'{"\\u0061": 1, "a": 1}']
)
def test_equal_values_and_other_spellings_of_a_name_are_doubled_too(text: bytes) -> None:
    assert has_doubled_names(structure_of(text), orjson.loads(text))
