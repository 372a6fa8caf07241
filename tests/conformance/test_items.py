"""
What CDS Hooks asks for, item by item, and the test that shows each.

`items.tsv` restates the specification (2.0.1 and the 3.0 ballot), what guides and known clients add to it,
and what this service decided. Levels: S must, R should, M may or a fact, D a decision of this service.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from tests.architecture.imports import ROOT
from tests.conformance.known_tests import known_tests

FILE = Path(__file__).parent / "items.tsv"
ITEMS = list(csv.DictReader(FILE.open(encoding="utf8"), delimiter="\t", quoting=csv.QUOTE_NONE))
LAST = 112


#: What the server suite of Inferno's test kit for Da Vinci CRD looks at, restated.
INFERNO = list(
    csv.DictReader(
        (FILE.parent / "inferno.tsv").open(encoding="utf8"), delimiter="\t", quoting=csv.QUOTE_NONE
    )
)


def named(item: dict[str, str]) -> list[str]:
    return item["tests"].split()


def test_every_item_is_there_once_and_in_order() -> None:
    assert [item["item"] for item in ITEMS] == [str(number) for number in range(1, LAST + 1)]


@pytest.mark.parametrize("item", ITEMS, ids=[item["item"] for item in ITEMS])
def test_an_item_says_what_it_is_and_which_test_shows_it(item: dict[str, str]) -> None:
    assert re.fullmatch(r"[SRMD](,[SRMD])*", item["level"])
    assert item["statement"]
    assert bool(named(item)) != bool(item["without_a_test"])
    assert [test for test in named(item) if test not in known_tests()] == []


@pytest.mark.parametrize("check", INFERNO, ids=[check["check"] for check in INFERNO])
def test_a_check_of_inferno_is_shown_by_a_test_or_is_not_about_us(check: dict[str, str]) -> None:
    assert check["statement"]
    assert bool(named(check)) != bool(check["without_a_test"])
    assert [test for test in named(check) if test not in known_tests()] == []


def test_only_facts_have_no_test() -> None:
    assert [item["item"] for item in ITEMS if not named(item) and item["level"] != "M"] == []


def test_the_weaknesses_that_are_stopped_name_tests_that_exist() -> None:
    text = (ROOT / "SECURITY.md").read_text("utf8")
    tests = re.findall(r"`([\w/]+\.py::\w+)`", text)
    assert len(tests) > 20
    assert [test for test in tests if test not in known_tests()] == []


def test_a_test_that_does_not_exist_would_be_noticed() -> None:
    assert "conformance/test_items.py::test_every_item_is_there_once_and_in_order" in known_tests()
    assert "conformance/test_items.py::test_nothing" not in known_tests()
