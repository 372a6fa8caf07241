from typing import Any

import pytest

from cds_service.fhir.values import (
    Coded,
    codings,
    concept_key,
    concept_texts,
    first_mapping,
    items,
    mapping,
    mappings,
    number,
    resource_key,
    text,
)


@pytest.mark.parametrize("value", [None, 7, "x", [], [{}], True])
def test_what_is_no_object_is_an_empty_one(value: Any) -> None:
    assert dict(mapping(value)) == {}


@pytest.mark.parametrize(
    ("value", "objects"), [([{"a": 1}, 7, None], [{"a": 1}]), ({"a": 1}, [{"a": 1}]), ("x", []), (None, [])]
)
def test_objects_are_found_in_arrays_and_in_their_place(value: Any, objects: list[Any]) -> None:
    assert mappings(value) == objects


@pytest.mark.parametrize(
    ("value", "first"), [([7, {"a": 1}, {"b": 2}], {"a": 1}), ({"a": 1}, {"a": 1}), ([], {}), ("x", {})]
)
def test_the_first_object_is_found_in_arrays_and_in_their_place(value: Any, first: Any) -> None:
    assert dict(first_mapping(value)) == first


@pytest.mark.parametrize(("value", "listed"), [([1, 2], [1, 2]), ("x", ["x"]), (None, [])])
def test_a_single_value_is_an_array_of_one(value: Any, listed: list[Any]) -> None:
    assert items(value) == listed


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (0, "0"),
        (0.25, "0.25"),
        (0.1 + 0.2, "0.3"),
        (0.0, "0.0"),
        (42523949.0, "42523949.0"),
        ("0.0", "0.0"),
        ("2,5", "2.5"),
        ("1,000", None),
        (True, None),
        (float("nan"), None),
        (float("inf"), None),
        (10**12, None),
        ("1e3", None),
        ([1], None),
        (None, None),
    ],
)
def test_numbers_are_exact_and_within_bounds(value: Any, found: str | None) -> None:
    assert str(number(value)) == str(found)


@pytest.mark.parametrize(("value", "words"), [(" a ", "a"), (7, ""), (None, ""), ("x" * 9000, "x" * 4000)])
def test_texts_are_trimmed_and_cut(value: Any, words: str) -> None:
    assert text(value) == words


def test_codings_without_code_and_display_are_left_out() -> None:
    concept = {"coding": [{"system": "s"}, {"code": "c"}, {"display": "d"}, 7]}
    assert codings(concept) == [Coded("", "c", ""), Coded("", "", "d")]


def test_the_text_of_a_concept_comes_before_its_displays() -> None:
    concept = {"coding": [{"display": "a"}, {"display": "b"}], "text": "b"}
    assert concept_texts(concept) == ["b", "a"]


@pytest.mark.parametrize("value", [None, 7, {"coding": 7}, {"coding": [[]], "text": {}}, {"text": ["x"]}])
def test_every_concept_can_be_remembered(value: Any) -> None:
    assert hash(concept_key(value)) == hash(concept_key(value))


@pytest.mark.parametrize(
    ("resource", "key"),
    [
        ({"resourceType": "Observation", "id": "a"}, "Observation/a"),
        ({"resourceType": "Observation"}, ""),
        ({"resourceType": "<b>", "id": "a"}, ""),
        ({"resourceType": ["Observation"], "id": "a"}, ""),
    ],
)
def test_a_resource_is_named_by_type_and_id(resource: dict[str, Any], key: str) -> None:
    assert resource_key(resource) == key
