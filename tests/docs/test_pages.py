"""The other pages: the program reads their examples, their lists are complete, their links lead somewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cds_service.core.actions import QUIET, SEVERITY
from cds_service.core.codes import TEST_KINDS
from cds_service.core.errors import KnowledgeError
from cds_service.core.genes import Method
from cds_service.curation.conditions import parse_condition
from cds_service.hooks.definitions import SERVICES
from cds_service.hooks.site import read_site
from cds_service.trust.clients import read_clients
from tests.builders import knowledge
from tests.docs.pages import PAGES, blocks, links, prose, text_of
from tests.ehr import never_fetch

FORMAT, PROFILE, REGISTRATION = "docs/knowledge-format.md", "docs/site-profile.md", "docs/registration.md"
LONGEST = 119


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files(page: str) -> None:
    assert [str(path) for path in links(page) if not path.exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_lines_of_prose_are_short(page: str) -> None:
    assert [number for number, line in prose(page) if len(line) > LONGEST] == []


@pytest.mark.parametrize("page", PAGES)
def test_folders_and_modules_that_are_named_exist(page: str) -> None:
    root = Path(__file__).resolve().parents[2]
    code = re.findall(r"`((?:cds_service|knowledge|docs|tests|fhir_fixtures)/[\w./-]*)`", text_of(page))
    assert [path for path in code if not (root / path).exists()] == []


def test_modules_in_the_path_of_a_call_exist() -> None:
    root = Path(__file__).resolve().parents[2] / "cds_service"
    layers = "web|watch|trust|hooks|fhir|core|cards|curation|store"
    named = re.findall(rf"`((?:{layers})/[\w./]*)`", text_of("ARCHITECTURE.md"))
    assert len(named) > 20
    assert [path for path in named if not (root / path).exists() and not (root / f"{path}.py").exists()] == []


# -- site profile --


def first_json(page: str) -> str:
    return next(block for block in blocks(page) if block.startswith("{"))


def test_the_example_profile_is_read(tmp_path: Path) -> None:
    path = tmp_path / "site.json"
    path.write_text(first_json(PROFILE), encoding="utf8")
    site = read_site(path)
    assert site.style.value == "separate"
    assert len(site.local_tests) == 2


def test_the_profile_page_lists_every_key(tmp_path: Path) -> None:
    path = tmp_path / "site.json"
    path.write_text('{"no such key": 1}', encoding="utf8")
    with pytest.raises(KnowledgeError) as fault:
        read_site(path)
    known = set(str(fault.value).rpartition("allowed: ")[2].split(", "))
    table = text_of(PROFILE).partition("## An example file")[0]
    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == known
    assert set(json.loads(first_json(PROFILE))) == known


def test_the_profile_page_lists_every_kind_of_test() -> None:
    listed = text_of(PROFILE).partition("Kinds: ")[2].partition(". The ones")[0]
    assert set(re.findall(r"`([a-z ]+)`", listed.replace("\n", " "))) == set(TEST_KINDS)


# -- registration --


def test_the_example_of_trusted_issuers_is_read(tmp_path: Path) -> None:
    path = tmp_path / "clients.json"
    path.write_text(first_json(REGISTRATION), encoding="utf8")
    (client,) = read_clients(path, services=SERVICES, fetch=never_fetch).values()
    assert client.issuer == "https://ehr.example.org/fhir"
    key = client.keys.find("ehr-2026", None)
    assert key is not None and key.algorithms == {"ES384"}


def test_the_hosts_that_cards_link_to_are_listed() -> None:
    (row,) = re.findall(r"^\| links to allow \|(.*)\|$", text_of(REGISTRATION), re.MULTILINE)
    known = knowledge()
    guidelines = [source.guideline for drug in known.drugs.values() for source in drug.sources.values()]
    guidelines += [pair.guideline for pair in known.pairs]
    urls = [*(item.url for item in guidelines), *(kind.url for kind in known.germline)]
    assert set(re.findall(r"`([\w.]+)`", row)) == {url.split("/")[2] for url in urls}


# -- knowledge format --


def conditions_shown() -> list[tuple[str, str]]:
    """Key and example of each row of the table of conditions."""
    table = text_of(FORMAT).partition("\n## Conditions\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \| `([^`]+)`", table, re.MULTILINE)


def test_every_condition_word_is_described() -> None:
    with pytest.raises(KnowledgeError) as fault:
        parse_condition({"no such word": 1}, "here", frozenset())
    known = str(fault.value).rpartition("known: ")[2].split(", ")
    assert sorted(key for key, _ in conditions_shown()) == sorted(known)


@pytest.mark.parametrize(("key", "example"), conditions_shown())
def test_examples_of_conditions_are_read(key: str, example: str) -> None:
    inner = '{"sex": "female"}'
    filled = example.replace("..., ...", inner).replace("{...}", inner)
    assert list(json.loads(filled)) == [key]
    parse_condition(json.loads(filled), "here", frozenset(knowledge().value_sets))


def test_every_action_is_listed_in_order() -> None:
    listed = text_of(FORMAT).partition("Actions, from the one that changes most: ")[2].partition(".\n")[0]
    named = re.findall(r"`([a-z-]+)`", listed)
    assert named == [action.value for action in SEVERITY]
    assert set(named[-3:]) == {action.value for action in QUIET}


def test_every_method_is_listed() -> None:
    table = text_of(FORMAT).partition("| method | looked up by |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `([a-z-]+)`", table, re.MULTILINE)) == {method.value for method in Method}


def test_examples_are_json() -> None:
    found = [block for block in blocks(FORMAT) if block.startswith(("{", '"'))]
    assert len(found) >= 8
    for block in found:
        json.loads(block if block.startswith("{") else f"{{{block}}}")
