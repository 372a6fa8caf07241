"""Every file has the form of its schema, and a fault says where it is and what to write."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cds_service.core.actions import Action
from cds_service.core.errors import KnowledgeError
from cds_service.core.genes import Method
from cds_service.curation.checks import schema
from cds_service.curation.schema import SCHEMA_OF, Schemas, schema_name
from cds_service.resources import knowledge_folder
from tests.curation.checks.small import ALTERNATIVES, PRETEST, RULES, SCHEMAS, SCORES, change, found


def test_files_of_every_kind_fit(folder: Path) -> None:
    kinds = {schema_name(file.relative_to(folder).as_posix()) for file in folder.rglob("*.json")}
    assert kinds == {name for _, name in SCHEMA_OF}
    assert found(schema, folder) == []


def first_rule(key: str, value: Any) -> Callable[[Any], object]:
    return lambda document: document["rules"][0].update({key: value})


def guideline(key: str, value: Any) -> Callable[[Any], object]:
    return lambda document: document["guideline"].update({key: value})


def dose(key: str, value: Any) -> Callable[[Any], object]:
    return lambda document: document["rules"][0]["branches"][0]["dose"].update({key: value})


LIMIT = {"value": "20", "unit": "mg", "period": "day", "kind": "maximum"}
BAD = {
    "a day that is in no calendar": (
        RULES, guideline("transcribed", "2026-02-30"),
        "$.guideline.transcribed: '2026-02-30' is not written as it should be; write a day of the calendar",
    ),
    "a month that does not exist": (
        RULES, first_rule("text_as_of", "2026-13"),
        "$.rules[0].text_as_of (slowol-cpic-intermediate): '2026-13' is not written as it should be; "
        "write a year, month or day of the calendar",
    ),
    "a number that is no text": (
        RULES, dose("factor", {"low": 0.5, "high": "0.5"}),
        "$.rules[0].branches[0].dose.factor.low (slowol-cpic-intermediate): '0.5' has the wrong type; "
        "write a number written as a string",
    ),
    "a number with a comma": (
        RULES, dose("limit", {**LIMIT, "value": "0,5"}), "'0,5' is not written as it should be",
    ),
    "a limit without a unit": (
        RULES, dose("limit", {key: LIMIT[key] for key in LIMIT if key != "unit"}), "unit is missing; add it",
    ),
    "a key nobody reads": (RULES, first_rule("strenght", "Strong"), "nobody reads the key strenght; known"),
    "a key that is missing": (RULES, lambda d: d["rules"][0].pop("cite"), "cite is missing; add it"),
    "an action that is none": (
        RULES, lambda d: d["rules"][1]["branches"][0].update(action="normal"),
        "'normal' is not among the known values; write one of contraindicated, avoid",
    ),
    "an address that is none": (RULES, guideline("url", "cpicpgx.org"), "write a web address that begins"),
    "a condition with two lower bounds": (
        SCORES, lambda d: d["populations"][0]["when"]["age"].update(above="17"),
        "$.populations[0].when.age (adults): two keys exclude each other; write one lower bound",
    ),
    "a condition that is unknown": (
        SCORES, lambda d: d["populations"][0].update(when={"aged": {"from": "18"}}),
        "nobody reads the key aged",
    ),
    "a branch with a condition and no words for it": (
        RULES, lambda d: d["rules"][0]["branches"][0].update(when={"sex": "female"}),
        "where there is when, there must be label; add it",
    ),
    "ATC code that is none": ("drugs/slowol/drug.json", lambda d: d.update(atc=["NA"]), "write an ATC code"),
    "an RxNorm code with letters": (
        ALTERNATIVES, lambda d: d["alternatives"][0].update(rxcui=["RX103"]),
        "write an RxNorm code, digits only",
    ),
    "a LOINC code without its check digit": (
        PRETEST, lambda d: d["pretests"][0]["test"].update(loinc="57979"), "write a LOINC code, such as",
    ),
    "an HGNC number without prefix": (
        "genes/GENA/gene.json", lambda d: d.update(hgnc="2621"), "write an HGNC number with its prefix",
    ),
    "an entry that stands twice": (RULES, lambda d: d.update(genes=["GENA", "GENA"]), "stands there twice"),
    "an empty list": (RULES, first_rule("branches", []), "too few entries"),
}  # fmt: skip


@pytest.mark.parametrize(("file", "edit", "said"), BAD.values(), ids=BAD.keys())
def test_what_does_not_fit_is_said(folder: Path, file: str, edit: Callable[[Any], object], said: str) -> None:
    change(folder, file, edit)
    (fault,) = found(schema, folder)
    assert fault.startswith(f"{file}: $")
    assert said in fault


def test_a_file_without_a_schema_is_said(folder: Path) -> None:
    (folder / "drugs" / "notes.json").write_text("{}\n", "utf8")
    (fault,) = found(schema, folder)
    assert fault.startswith("drugs/notes.json: no schema describes a file of this name")


# -- the schemas themselves ------------------------------------------------------------------------


def schemas() -> dict[str, Any]:
    return {file.name: json.loads(file.read_text("utf8")) for file in sorted(SCHEMAS.glob("*.json"))}


def objects_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every part of a schema that describes an object."""
    if isinstance(value, dict):
        if value.get("type") == "object":
            yield value
        for part in value.values():
            yield from objects_in(part)
    elif isinstance(value, list):
        for part in value:
            yield from objects_in(part)


@pytest.mark.parametrize("name", schemas())
def test_no_schema_lets_an_unknown_key_pass(name: str) -> None:
    described = list(objects_in(schemas()[name]))
    assert [part for part in described if "additionalProperties" not in part] == []
    loose = [part for part in described if part["additionalProperties"] is True]
    assert loose == []


def test_the_schemas_list_what_the_program_knows() -> None:
    shipped = schemas()
    assert {action.value for action in Action} == set(shipped["rules.schema.json"]["$defs"]["action"]["enum"])
    assert {m.value for m in Method} == set(shipped["gene.schema.json"]["properties"]["method"]["enum"])


def test_every_shipped_json_file_has_a_schema() -> None:
    names = (file.relative_to(knowledge_folder()).as_posix() for file in knowledge_folder().rglob("*.json"))
    assert [name for name in names if not name.startswith("schema/") and not schema_name(name)] == []


def test_a_format_that_nobody_checks_is_refused(tmp_path: Path) -> None:
    for file in SCHEMAS.glob("*.json"):
        text = file.read_text("utf8")
        (tmp_path / file.name).write_text(text.replace('"partial-date"', '"some-date"'), "utf8")
    with pytest.raises(KnowledgeError, match="nothing checks the format some-date"):
        Schemas(tmp_path)


def test_a_schema_that_is_not_valid_is_refused(tmp_path: Path) -> None:
    for file in SCHEMAS.glob("*.json"):
        (tmp_path / file.name).write_text(file.read_text("utf8"), "utf8")
    (tmp_path / "drug.schema.json").write_text('{"type": "thing"}', "utf8")
    with pytest.raises(KnowledgeError, match="not a valid JSON schema"):
        Schemas(tmp_path)
