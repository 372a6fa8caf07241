"""Names that lead nowhere are found, in every file, and so are entries nobody names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cds_service.curation.checks import codes, drug_names, references, result_words
from tests.curation.checks.small import ALTERNATIVES, PRETEST, RULES, SCORES, append, change, found

POOR, ALT, TEST = "slowol-cpic-poor", "slowol-alt-quickol", "scorol-pretest-fda"
Edit = Callable[[Any], object]


def poor(**changes: Any) -> Edit:
    return lambda document: document["rules"][2].update(changes)


def candidate(**changes: Any) -> Edit:
    return lambda document: document["alternatives"][0].update(changes)


@pytest.mark.parametrize("check", [references, result_words, drug_names, codes])
def test_the_small_folder_has_no_such_fault(check: Any, folder: Path) -> None:
    assert found(check, folder) == []


BAD = {
    "source": (RULES, lambda d: d.update(source="dpwg"), "source: there is no source 'dpwg'"),
    "gene of a file": (RULES, lambda d: d.update(genes=["GENA", "GENX"]), "genes: there is no gene 'GENX'"),
    "gene no rule needs": (RULES, lambda d: d.update(genes=["GENA", "GENB"]), "genes: no rule looks at GENB"),
    "gene of a rule": (
        RULES, poor(when=[{"GENB": ["0"]}]), f"{POOR}: there is no gene in this file's genes 'GENB'",
    ),
    "population": (
        RULES, poor(population="adults"), f"{POOR}: there is no population in this file 'adults'",
    ),
    "population without rules": (
        SCORES, lambda d: d["populations"].append({"id": "elderly", "when": {"age": {"from": "65"}}}),
        "elderly: no rule is for this population",
    ),
    "value set of a population": (
        SCORES, lambda d: d["populations"][0].update(when={"not": {"condition": ["asthma"]}}),
        "adults: there is no value set 'asthma'",
    ),
    "value set of a branch": (
        RULES, poor(branches=[{"action": "avoid", "label": "x", "when": {"takes": ["class:y"]}}]),
        f"{POOR}: there is no value set 'class:y'",
    ),
    "implication": (
        RULES, poor(implication="sample-slower"),
        f"{POOR}: there is no key in implications.json 'sample-slower'",
    ),
    "drug of a file": (PRETEST, lambda d: d.update(drug="slowol"), "drug: the file is about 'slowol'"),
    "gene of a replacement": (ALTERNATIVES, candidate(genes=["GENX"]), f"{ALT}: there is no gene 'GENX'"),
    "use of a replacement": (
        ALTERNATIVES, candidate(indication={"indication": ["mania"]}),
        f"{ALT}: there is no value set 'mania'",
    ),
    "contraindication": (
        ALTERNATIVES, candidate(contraindications=[{"name": "age>=80"}]),
        f"{ALT}: there is no value set or computed condition 'age>=80'",
    ),
    "label of a source": (
        ALTERNATIVES, candidate(named_by=["DPWG"]),
        f"{ALT}: there is no label in sources/sources.json 'DPWG'",
    ),
    "allele of a test": (
        PRETEST, lambda d: d["pretests"][0].update(genes=["HLA-Z*02:01"]),
        f"{TEST}: there is no gene or presence allele 'HLA-Z*02:01'",
    ),
    "code of a test": (
        PRETEST, lambda d: d["pretests"][0]["test"].update(loinc="718-7"),
        f"{TEST}: codes/loinc_pgx.tsv has no 718-7",
    ),
    "value set of a computed condition": (
        "value_sets/computed.json", lambda d: d["conditions"].update(frail={"condition": ["frailty"]}),
        "frail: there is no value set 'frailty'",
    ),
    "implication nobody has": (
        "implications.json", lambda d: d["harm"].update(unused="minor"),
        "harm.unused: no rule has this implication",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("file", "edit", "said"), BAD.values(), ids=BAD.keys())
def test_a_name_that_leads_nowhere_is_said(folder: Path, file: str, edit: Edit, said: str) -> None:
    change(folder, file, edit)
    assert any(line.startswith(f"{file}: {said}") for line in found(references, folder))


def test_a_replacement_may_answer_to_another_drug_instead_of_a_gene(folder: Path) -> None:
    change(folder, ALTERNATIVES, candidate(genes=["inhibitor"]))
    assert found(references, folder) == []


# -- results ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "word", ["Slow Metabolizer", "*2/*1", "*1/*99", "1.5", "*2 positive", "poor metabolizer"]
)
def test_a_result_that_is_never_read_like_that_is_said(folder: Path, word: str) -> None:
    change(folder, RULES, lambda d: d["rules"][2]["when"][0].update(GENA=[word]))
    (fault,) = found(result_words, folder)
    assert fault.startswith(f"{RULES}: {POOR}: no result of GENA is ever read as '{word}'")


@pytest.mark.parametrize("word", ["Poor Metabolizer", "*1/*2", "No Result"])
def test_a_result_that_can_be_read_is_none_of_these(folder: Path, word: str) -> None:
    change(folder, RULES, lambda d: d["rules"][2]["when"][0].update(GENA=[word]))
    assert found(result_words, folder) == []


def test_any_other_result_is_not_said_of_single_alleles(folder: Path) -> None:
    def edit(document: Any) -> None:
        document["genes"] = ["HLA-Z"]
        document["rules"] = document["rules"][2:]
        document["rules"][0]["when"] = [{"HLA-Z": ["*01:01 positive"]}]
        document["rules"][1]["when"] = [{"HLA-Z": ["otherwise"]}]

    change(folder, RULES, edit)
    (fault,) = found(result_words, folder)
    assert fault.startswith(f"{RULES}: slowol-cpic-rapid: 'otherwise' meets no allele of HLA-Z")
    change(folder, RULES, lambda d: d["rules"][1]["when"][0].update({"HLA-Z": ["*01:01 negative"]}))
    assert found(result_words, folder) == []


def test_a_diplotype_in_a_condition_is_read_too(folder: Path) -> None:
    when = {"diplotype": {"GENA": ["*2/*99"]}}
    change(folder, RULES, poor(branches=[{"action": "avoid", "label": "x", "when": when}]))
    (fault,) = found(result_words, folder)
    assert "'*2/*99'" in fault


# -- names and codes of drugs ----------------------------------------------------------------------


def test_names_and_codes_that_no_order_leads_to_are_said(folder: Path) -> None:
    change(folder, "drugs/slowol/drug.json", lambda d: d.update(rxcui=["999"]))
    change(
        folder, ALTERNATIVES, candidate(name="a diet", rxcui=[], interactions=[{"drug": "x", "rxcui": "998"}])
    )
    change(folder, RULES, poor(named=["quickol"], unsuitable=["thirdol"]))
    faults = found(drug_names, folder)
    assert [fault.split(";")[0] for fault in faults] == [
        f"{ALTERNATIVES}: {ALT}: rxnorm/ has no drug 'a diet'",
        f"{ALTERNATIVES}: {ALT}: rxnorm/ingredients.tsv has no code 998",
        f"{RULES}: {POOR}: rxnorm/ has no drug 'thirdol'",
        "drugs/slowol/drug.json: rxcui: rxnorm/ingredients.tsv has no code 999",
    ]


def test_a_name_without_code_can_be_a_decision(folder: Path) -> None:
    change(folder, RULES, poor(unsuitable=["thirdol"]))
    append(folder, drug_names.FILE, "name|reason", "thirdol|not sold any more")
    assert found(drug_names, folder) == []


def test_a_decision_needs_a_use_and_a_reason(folder: Path) -> None:
    change(folder, RULES, poor(unsuitable=["thirdol"]))
    append(folder, drug_names.FILE, "name|reason", "fourthol|gone", "thirdol|", "fourthol|again")
    assert [fault for fault in found(drug_names, folder) if fault.startswith(drug_names.FILE)] == [
        f"{drug_names.FILE}: line 2: fourthol is no exception any more; remove it",
        f"{drug_names.FILE}: line 3: a row needs every column, and a reason at the end",
        f"{drug_names.FILE}: line 4: the row stands there twice; remove one",
    ]


@pytest.mark.parametrize(
    ("system", "code", "match"),
    [
        ("snomed", "370143001", "exact"),
        ("snomed", "F32", "exact"),
        ("icd10cm", "f32.1", "exact"),
        ("icd10cm", "F", "exact"),
        ("rxnorm", "0", "exact"),
    ],
)
def test_a_code_that_cannot_exist_is_said(folder: Path, system: str, code: str, match: str) -> None:
    append(folder, "value_sets/value_sets.tsv", f"depression|{system}|{code}|{match}|high|s")
    assert found(codes, folder) == [
        f"value_sets/value_sets.tsv: line 4: {code} is no code of {system}; correct it"
    ]


@pytest.mark.parametrize(("system", "code"), [("icd10cm", "C"), ("icd10cm", "O0"), ("icd10cm", "F32.1")])
def test_a_set_may_hold_all_codes_that_begin_alike(folder: Path, system: str, code: str) -> None:
    append(folder, "value_sets/value_sets.tsv", f"depression|{system}|{code}|prefix|high|s")
    assert found(codes, folder) == []


def test_a_loinc_code_with_a_wrong_check_digit_is_said(folder: Path) -> None:
    append(folder, "codes/loinc_pgx.tsv", "57979-8|presence|HLA-B|*15:02|x|s|high")
    (fault,) = found(codes, folder)
    assert fault.endswith("57979-8 is no LOINC code; correct it")
