"""The order-entry page as files: self-contained, without inline code, with the choices its examples need."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

import cds_service.sandbox
from cds_service.resources import fixtures_folder
from cds_service.sandbox import register
from cds_service.sandbox.drugs import drugs_by_name, one_after_the_other
from cds_service.sandbox.page import MOST_DRUGS
from cds_service.sandbox.patients import read_examples

FOLDER = Path(cds_service.sandbox.__file__).parent
FILES = sorted(path for part in ("static", "templates") for path in (FOLDER / part).iterdir())
# Names, not places: the page compares them and never opens them.
NAMESPACES = (
    "http://terminology.hl7.org/",
    "http://www.nlm.nih.gov/research/umls/rxnorm",
    "http://unitsofmeasure.org",
    "http://snomed.info/sct",
)


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    app = Flask("test")
    register(app, fixtures=fixtures_folder())
    return app.test_client()


def test_page_allows_nothing_inline_and_nothing_from_elsewhere(client: FlaskClient) -> None:
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert re.findall(r"https?:", policy) == []


def test_page_has_no_inline_code(client: FlaskClient) -> None:
    html = client.get("/").text
    assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:", html) == []
    assert [tag for tag in re.findall(r"<script[^>]*>", html) if " src=" not in tag] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_file_loads_nothing_from_elsewhere(path: Path) -> None:
    addresses = re.findall(r"(?:https?:)?//[a-z][\w.-]+\.[a-z]{2,}[^\s\"'`)]*", path.read_text("utf8"))
    assert [address for address in addresses if not address.startswith(NAMESPACES)] == []


@pytest.mark.parametrize("path", [path for path in FILES if path.suffix == ".js"], ids=lambda path: path.name)
def test_script_never_writes_markup(path: Path) -> None:
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc"
    assert re.findall(forbidden, path.read_text("utf8")) == []


def test_every_file_the_page_names_is_served(client: FlaskClient) -> None:
    html = client.get("/").text
    named = re.findall(r'(?:src|href)="(/sandbox/[^"]+)"', html)
    imported = [
        f"/sandbox/static/{name}"
        for path in FILES
        if path.suffix == ".js"
        for name in re.findall(r'from "\./(\w+\.js)"', path.read_text("utf8"))
    ]
    assert len(named) == 2
    for address in {*named, *imported}:
        assert client.get(address).status_code == 200, address


def test_every_dose_of_the_examples_can_be_chosen_in_the_form() -> None:
    choices = json.loads((FOLDER / "static" / "order_choices.json").read_text("utf8"))
    units, frequencies, routes = (
        {choice["text"] for choice in choices[name]} for name in ("units", "frequencies", "routes")
    )
    for patient in read_examples(fixtures_folder()):
        for example in patient["try"]:
            amount, unit, frequency = example["dose"].split(" ", 2)
            assert float(amount) > 0
            assert (unit in units, frequency in frequencies, example["route"] in routes) == (
                True,
                True,
                True,
            ), example


def test_patients_are_offered_with_their_stories(client: FlaskClient) -> None:
    patients = client.get("/sandbox/patients").get_json()
    assert patients[0].keys() == {"id", "name", "story", "try"}


def test_drugs_of_the_examples_are_found_by_words_in_any_order(client: FlaskClient) -> None:
    assert client.get("/sandbox/drugs?q=75+clopi").get_json() == [
        {"rxcui": "309362", "name": "clopidogrel 75 MG Oral Tablet"}
    ]


def test_a_drug_search_that_is_given_follows_the_examples_and_is_bounded() -> None:
    asked = []

    def drug_search(words: str) -> list[dict[str, str]]:
        asked.append(words)
        return [{"rxcui": str(number), "name": f"clopidogrel {number}"} for number in range(100)]

    app = Flask("test")
    register(app, fixtures=fixtures_folder(), drug_search=drug_search)
    answer = app.test_client().get("/sandbox/drugs", query_string={"q": " clopi "}).get_json()
    assert asked == ["clopi"]
    assert len(answer) == MOST_DRUGS
    assert [drug["rxcui"] for drug in answer[:2]] == ["309362", "0"]


def test_a_drug_that_two_searches_find_is_offered_once() -> None:
    first, second = drugs_by_name({"1": "aspirin 81 MG"}), drugs_by_name({"1": "aspirin", "2": "aspirin"})
    assert one_after_the_other(first, second)("aspirin") == [
        {"rxcui": "1", "name": "aspirin 81 MG"},
        {"rxcui": "2", "name": "aspirin"},
    ]


def test_a_folder_without_patients_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        register(Flask("test"), fixtures=tmp_path)
