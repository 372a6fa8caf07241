"""The search behind the FHIR endpoint: dates of every precision, tokens, order."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.sandbox.dates import Interval
from cds_service.sandbox.search import SearchError, search
from cds_service.sandbox.store import Store


def observation(ident: str, **content: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "id": ident, "subject": {"reference": "Patient/1"}, **content}


def ids(resources: list[dict[str, Any]], *query: tuple[str, str]) -> list[str]:
    return [str(resource["id"]) for resource in search(Store(resources), "Observation", query)]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2024", "2024-01-01T00:00:00+00:00", "2025-01-01T00:00:00+00:00"),
        ("2024-12", "2024-12-01T00:00:00+00:00", "2025-01-01T00:00:00+00:00"),
        ("2024-02-29", "2024-02-29T00:00:00+00:00", "2024-03-01T00:00:00+00:00"),
        ("2024-03-01T10:30Z", "2024-03-01T10:30:00+00:00", "2024-03-01T10:31:00+00:00"),
        ("2024-03-01T10:30:15.250+02:00", "2024-03-01T08:30:15+00:00", "2024-03-01T08:30:16+00:00"),
    ],
)
def test_a_date_covers_the_time_its_precision_says(text: str, start: str, end: str) -> None:
    interval = Interval.of(text)
    assert (interval.start.isoformat(), interval.end.isoformat()) == (start, end)


@pytest.mark.parametrize("text", ["", "24", "2024-13", "2024-02-30", "2024-1-1", "2024-01-01 10:00", "today"])
def test_other_texts_are_no_dates(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Interval.of(text)


@pytest.mark.parametrize(
    ("asked", "matches"),
    [
        ("2024-03-10", True),
        ("eq2024-03", True),
        ("eq2024-03-10T12:00:00Z", False),
        ("2024-03-11", False),
        ("ne2024-03-11", True),
        ("ne2024", False),
        ("gt2024-03-10", False),
        ("gt2024-03-09", True),
        ("ge2024-03-10", True),
        ("ge2024-03-11", False),
        ("lt2024-03-10", False),
        ("lt2024-03-11", True),
        ("le2024-03-10", True),
        ("le2024-03-09", False),
        ("sa2024-03-09", True),
        ("sa2024-03-10", False),
        ("eb2024-03-11", True),
        ("eb2024-03-10", False),
    ],
)
def test_prefix_compares_a_day(asked: str, matches: bool) -> None:
    day = observation("a", effectiveDateTime="2024-03-10")
    assert ids([day], ("date", asked)) == (["a"] if matches else [])


def test_a_period_without_end_goes_on() -> None:
    going_on = observation("a", effectivePeriod={"start": "2024-01-01"})
    ended = observation("b", effectivePeriod={"start": "2024-01-01", "end": "2024-06-30"})
    assert ids([going_on, ended], ("date", "gt2025")) == ["a"]


def test_a_result_without_date_matches_no_date() -> None:
    assert ids([observation("a")], ("date", "ge1900")) == []


@pytest.mark.parametrize(
    ("asked", "matches"),
    [
        ("X", True),
        ("http://a|X", True),
        ("http://b|X", False),
        ("http://a|", True),
        ("|X", False),
        ("http://b|", False),
    ],
)
def test_token_with_and_without_system(asked: str, matches: bool) -> None:
    coded = observation("a", code={"coding": [{"system": "http://a", "code": "X"}]})
    assert ids([coded], ("code", asked)) == (["a"] if matches else [])


def test_a_bar_without_system_finds_codes_without_system() -> None:
    bare = observation("a", code={"coding": [{"code": "X"}]})
    assert ids([bare], ("code", "|X")) == ["a"]


def test_text_alone_is_no_code() -> None:
    assert ids([observation("a", code={"text": "X"})], ("code", "X")) == []


def test_commas_mean_or_and_repetition_means_and() -> None:
    rows = [
        observation("a", status="final", effectiveDateTime="2024"),
        observation("b", status="amended", effectiveDateTime="2020"),
    ]
    assert ids(rows, ("status", "final,amended")) == ["a", "b"]
    assert ids(rows, ("date", "ge2019"), ("date", "lt2022")) == ["b"]


def test_an_escaped_comma_belongs_to_the_value() -> None:
    coded = observation("a", code={"coding": [{"system": "http://a", "code": "X,Y"}]})
    assert ids([coded], ("code", r"X\,Y")) == ["a"]
    assert ids([coded], ("code", "X,Y")) == []


def test_what_has_no_value_is_sorted_last_in_both_directions() -> None:
    rows = [
        observation("none"),
        observation("old", effectiveDateTime="2020"),
        observation("new", effectiveDateTime="2024"),
    ]
    assert ids(rows, ("_sort", "date")) == ["old", "new", "none"]
    assert ids(rows, ("_sort", "-date")) == ["new", "old", "none"]


def test_the_first_sort_key_decides() -> None:
    rows = [
        observation("a", status="final", effectiveDateTime="2020"),
        observation("b", status="amended", effectiveDateTime="2024"),
        observation("c", status="final", effectiveDateTime="2024"),
    ]
    assert ids(rows, ("_sort", "status,-date")) == ["b", "c", "a"]


def test_a_wrong_value_is_found_even_where_nothing_would_be_compared() -> None:
    with pytest.raises(SearchError):
        ids([], ("date", "yesterday"))


def test_two_resources_with_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match="two fixture files"):
        Store([observation("a"), observation("a")])
