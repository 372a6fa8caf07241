"""A small knowledge folder without a fault, and copies of it with one thing changed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

from cds_service.curation.canonical import dumps
from cds_service.curation.checks.phrases import wanted
from cds_service.curation.compile import compile_knowledge
from cds_service.curation.context import Context, read_context
from cds_service.resources import knowledge_folder

RULES, ALTERNATIVES = "drugs/slowol/cpic.json", "drugs/slowol/alternatives.json"
SCORES, PRETEST = "drugs/scorol/cpic.json", "drugs/scorol/pretest.json"
MARKERS, TUMOUR = "tumour/markers.json", "tumour/drugs/tumol.json"
CALCULATOR = "calculators/sample-formula.json"
SCHEMAS = knowledge_folder() / "schema"

_GUIDELINE = {
    "name": "Guideline for a sample",
    "version": "2024",
    "url": "https://example.org/guidelines/sample",
    "record": "R1",
    "pmids": ["12345678"],
    "effective": "2024-05",
    "transcribed": "2026-01-31",
}


def _rule(name: str, gene: str, result: str, branch: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    ends = {"branches": [branch], "text_as_of": "2025-11-14", "cite": "R1"}
    return {"id": name, "when": [{gene: [result]}], **more, **ends}


def _tumour_rule(name: str, state: str, branch: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return _rule(name, "GENT", state, branch, **more)


def _half(factor: str = "0.5") -> dict[str, Any]:
    factors = {"low": factor, "high": factor}
    return {"action": "reduce-dose", "dose": {"factor": factors, "applies_to": "start"}}


_CALCULATED = {**_half("0.7"), "calculate": ["sample-formula"]}
_PAIRS = {
    ("No function", "No function"): "Poor Metabolizer",
    ("No function", "Normal function"): "Intermediate Metabolizer",
    ("Normal function", "Normal function"): "Normal Metabolizer",
    ("Increased function", "Normal function"): "Rapid Metabolizer",
    ("Increased function", "Increased function"): "Rapid Metabolizer",
    ("Increased function", "No function"): "Intermediate Metabolizer",
}
_JSON: Mapping[str, Any] = {
    "germline/findings.json": {"note": "Inherited findings told on their own.", "findings": []},
    "genes/GENA/gene.json": {
        "gene": "GENA",
        "hgnc": "HGNC:1",
        "method": "function-pair",
        "reference": "*1",
        "cite": "gene-gena",
        "pairs": [{"functions": list(pair), "phenotype": term} for pair, term in _PAIRS.items()],
        "phenotypes": sorted(set(_PAIRS.values())),
    },
    "genes/GENB/gene.json": {
        "gene": "GENB",
        "hgnc": "HGNC:2",
        "method": "activity-score",
        "reference": "*1",
        "cite": "gene-genb",
        "bands": {
            "cpic": [
                {"low": "0", "high": "0.5", "phenotype": "Poor Metabolizer"},
                {"low": "1", "high": "1.5", "phenotype": "Intermediate Metabolizer"},
                {"low": "2", "high": None, "phenotype": "Normal Metabolizer"},
            ]
        },
        "phenotypes": ["Intermediate Metabolizer", "Normal Metabolizer", "Poor Metabolizer"],
    },
    "genes/HLA-Z/gene.json": {
        "gene": "HLA-Z",
        "hgnc": "HGNC:3",
        "method": "allele-presence",
        "reference": "",
        "cite": "gene-hla-z",
        "presence_alleles": ["*01:01"],
        "phenotypes": [],
    },
    "drugs/slowol/drug.json": {"drug": "slowol", "rxcui": ["101"], "atc": ["N06AB04"]},
    RULES: {
        "drug": "slowol",
        "source": "cpic",
        "guideline": _GUIDELINE,
        "genes": ["GENA"],
        "rules": [
            _rule("slowol-cpic-intermediate", "GENA", "Intermediate Metabolizer", _half("0.75")),
            _rule("slowol-cpic-normal", "GENA", "Normal Metabolizer", {"action": "standard"}),
            _rule(
                "slowol-cpic-poor",
                "GENA",
                "Poor Metabolizer",
                {"action": "avoid"},
                strength="Strong",
                implication="sample-slow",
                named=["quickol"],
            ),
            _rule("slowol-cpic-rapid", "GENA", "otherwise", {"action": "no-recommendation"}),
        ],
    },
    ALTERNATIVES: {
        "drug": "slowol",
        "alternatives": [
            {
                "id": "slowol-alt-quickol",
                "name": "quickol",
                "rxcui": ["103"],
                "class": "sample",
                "genes": ["GENA"],
                "indication": {"indication": ["depression"]},
                "contraindications": [{"name": "age>=75"}],
                "rank": 1,
                "confidence": "high",
            }
        ],
    },
    "drugs/scorol/drug.json": {"drug": "scorol", "rxcui": ["102"], "atc": []},
    SCORES: {
        "drug": "scorol",
        "source": "cpic",
        "guideline": _GUIDELINE,
        "genes": ["GENB"],
        "populations": [
            {"id": "adults", "when": {"age": {"from": "18"}}},
            {"id": "children", "when": {"age": {"below": "18"}}},
        ],
        "rules": [
            _rule("scorol-cpic-adults-0", "GENB", "0..0.5", _half("0.3"), population="adults"),
            _rule("scorol-cpic-adults-1", "GENB", "1..1.5", _CALCULATED, population="adults"),
            _rule("scorol-cpic-adults-2", "GENB", ">=2", {"action": "standard"}, population="adults"),
            _rule("scorol-cpic-children", "GENB", ">=0", {"action": "standard"}, population="children"),
        ],
    },
    PRETEST: {
        "drug": "scorol",
        "pretests": [
            {
                "id": "scorol-pretest-fda",
                "genes": ["HLA-Z*01:01"],
                "required": True,
                "authority": "FDA",
                "year": "2025",
                "test": {"loinc": "57979-7", "name": "HLA [Presence]"},
                "confidence": "high",
                "cite": "label",
            }
        ],
    },
    "drugs/quickol/drug.json": {"drug": "quickol", "rxcui": ["103"], "atc": []},
    "drugs/tumol/drug.json": {"drug": "tumol", "rxcui": ["104"], "atc": []},
    MARKERS: {
        "markers": [
            {
                "marker": "GENT",
                "genes": ["GENT"],
                "reads": "changes",
                "origins": ["somatic", "unknown"],
                "states": [{"state": "A12C", "changes": ["A12C"], "exons": [2]}],
                "negative": "wild type",
                "cite": "label",
            }
        ]
    },
    TUMOUR: {
        "drug": "tumol",
        "source": "cpic",
        "guideline": _GUIDELINE,
        "tests": [
            {
                "id": "tumol-tumour-test",
                "markers": ["GENT"],
                "required": True,
                "authority": "FDA",
                "year": "2025",
                "confidence": "high",
                "cite": "label",
            }
        ],
        "uses": [
            {
                "id": "sample",
                "when": {"indication": ["depression"]},
                "test": "tumol-tumour-test",
                "rules": [
                    _tumour_rule("tumol-tumour-found", "A12C", {"action": "supported"}),
                    _tumour_rule(
                        "tumol-tumour-negative",
                        "negative",
                        {"action": "not-indicated"},
                        strength="Strong",
                        implication="sample-no-target",
                    ),
                ],
            }
        ],
        "alternatives": [
            {
                "id": "tumol-tumour-alt-quickol",
                "name": "quickol",
                "rxcui": ["103"],
                "class": "sample",
                "rules": ["tumol-tumour-negative"],
                "rank": 1,
                "confidence": "high",
            }
        ],
    },
    "value_sets/computed.json": {"conditions": {"age>=75": {"age": {"from": "75"}}}},
    "implications.json": {"harm": {"sample-no-target": "serious", "sample-slow": "serious"}},
    "release.json": {
        "released": "2026-02-28",
        "local_routes": ["topical"],
        "dose_rounding": {"most_lost": "0.1", "most_pieces": 4, "cite": "A sample"},
    },
    "sources/sources.json": {
        "sources": [
            {
                "id": "cpic",
                "label": "CPIC",
                "name": "A sample of a guideline body",
                "url": "https://example.org",
                "licence": "CC0",
            }
        ]
    },
    "phenoconversion/pairs.json": {"pairs": []},
    CALCULATOR: {
        "id": "sample-formula",
        "drug": "scorol",
        "name": "Sample formula",
        "cite": "A sample",
        "period": "day",
        "form": "exp",
        "start": "1.5",
        "numbers": {"age": "-0.01"},
        "genes": [{"gene": "GENB", "add": {"*1/*1": "0", "*1/*2": "-0.3", "*2/*2": "-0.6"}}],
        "ranges": {"age": {"from": "18"}},
    },
}
_ALLELES = "allele\tfunction\tactivity\taliases\tsource\n"
_TABLES: Mapping[str, str] = {
    "genes/GENA/alleles.tsv": _ALLELES
    + "*1\tNormal function\t\t\ts\n*2\tNo function\t\t\ts\n*17\tIncreased function\t\t\ts\n",
    "genes/GENB/alleles.tsv": _ALLELES
    + "*1\tNormal function\t1.0\t\ts\n*2\tNo function\t0\t\ts\n*3\tDecreased function\t0.5\t\ts\n",
    "genes/HLA-Z/alleles.tsv": _ALLELES + "*01:01\t\t\t\ts\n",
    "value_sets/value_sets.tsv": "name\tsystem\tcode\tmatch\tconfidence\tsource\n"
    + "depression\tsnomed\t370143000\texact\thigh\ts\ndepression\ticd10cm\tF32\tprefix\thigh\ts\n",
    "phenoconversion/perpetrators.tsv": "enzyme\tdrug\trxcui\teffect\tstrength\thandling\tfactor\tbasis\t"
    + "handling_source\twashout_days\twashout_days_cautious\tlocal\tsource\tyear\tconfidence\n",
    "value_sets/allergy_classes.tsv": "set\tweight\twords\tsource\n",
    "follow_up.tsv": "watch\tdrug\tloinc\tname\tsource\n",
    "specialists.tsv": "atc\tspecialist\tsource\n",
    "phenoconversion/steps.tsv": "enzyme\tstep\tclass\tsource\n",
    "phenoconversion/substrates.tsv": "drug\trxcui\tenzyme\trole\timportance\tinhibited\tinduced\tsource\t"
    + "confidence\twords\n",
    "rxnorm/ingredients.tsv": "rxcui\tname\ttty\tingredients\n"
    + "101\tslowol\tIN\t\n102\tscorol\tIN\t\n103\tquickol\tIN\t\n104\ttumol\tIN\t\n",
    "rxnorm/products.tsv": "rxcui\ttty\tingredients\troutes\tstrengths_mg\n",
    "rxnorm/brands.tsv": "rxcui\tbrand\tingredients\n",
    "rxnorm/atc.tsv": "atc\tingredients\troutes\n",
    "rxnorm/synonyms.tsv": "name\tingredients\n",
    "rxnorm/same_as.tsv": "rxcui\tsame_as\twhy\n",
    "rxnorm/weak_names.tsv": "name\n",
    "rxnorm/divisible.tsv": "rxcui\tname\tparts\tsource\n",
    "rxnorm/forms.tsv": "rxcui\tform\n",
    "decisions/activity-order.tsv": "term\trank\n"
    + "Poor Metabolizer\t0\nIntermediate Metabolizer\t1\nNormal Metabolizer\t2\nRapid Metabolizer\t3\n",
}


def write_small(folder: Path) -> Path:
    """Write the folder. Only the codes of laboratory tests are the shipped ones."""
    for name, value in _JSON.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dumps(value), "utf8")
    for name, text in _TABLES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf8")
    shutil.copytree(knowledge_folder() / "codes", folder / "codes")
    return folder


def read(folder: Path, against: Mapping[str, str] | None = None) -> Context:
    """The folder as the checks see it, with a phrase for everything the unchanged folder needs."""
    return read_context(folder, SCHEMAS, phrases(), against or {})


@cache
def phrases() -> Mapping[str, Mapping[str, str]]:
    """Words for everything the unchanged small folder can say, in two languages."""
    with TemporaryDirectory() as place:
        keys = sorted(wanted(compile_knowledge(write_small(Path(place) / "knowledge"))))
    return {language: dict.fromkeys(keys, f"{language} words with {{drug}}") for language in ("de", "en")}


def change(folder: Path, name: str, edit: Callable[[Any], object]) -> None:
    """Change a JSON file in place, and keep its form."""
    path = folder / name
    value = json.loads(path.read_text("utf8"))
    edit(value)
    path.write_text(dumps(value), "utf8")


def append(folder: Path, name: str, *rows: str) -> None:
    """Add rows to a table, which is made if it is not there; cells are written between bars."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    old = path.read_text("utf8") if path.exists() else ""
    path.write_text(old + "".join(row.replace("|", "\t") + "\n" for row in rows), "utf8")


def found(check: ModuleType, folder: Path, against: Mapping[str, str] | None = None) -> list[str]:
    """The faults a check finds, as lines in order."""
    return sorted({str(fault) for fault in check.run(read(folder, against))})
