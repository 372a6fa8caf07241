"""Small hand-made releases in the shapes the sources publish."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def save(folder: Path, name: str, value: Any) -> Path:
    """Write a JSON file, making its folder."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), "utf8")
    return path


def phenotype_file(
    gene: str, alleles: dict[str, str], classes: dict[str, str], **more: Any
) -> dict[str, Any]:
    """A phenotype file of PharmCAT: functions by allele, class by diplotype such as `*1/*2`."""
    return {
        "gene": gene,
        "haplotypes": alleles,
        "activityValues": {},
        "namedAlleles": [
            {"name": name, "activityValue": None, "functionValue": function, "lookupKey": function}
            for name, function in alleles.items()
        ],
        "diplotypes": [diplotype(text, phenotype) for text, phenotype in classes.items()],
        "version": "2026-11-01-00-00",
        **more,
    }


def diplotype(text: str, phenotype: str, score: str | None = None) -> dict[str, Any]:
    """One row of a diplotype table of PharmCAT."""
    names = text.split("/")
    return {
        "generesult": phenotype,
        "diplotype": text,
        "diplotypekey": {name: names.count(name) for name in names},
        "activityScore": score,
        "phenotype": phenotype,
        "lookupkey": score or phenotype,
        "description": None,
    }


def definition_file(gene: str, names: list[str], build: str = "GRCh38.p14") -> dict[str, Any]:
    """A definition file of PharmCAT; the first allele is the reference."""
    return {
        "formatVersion": "2",
        "version": "2026-11-01-00-00",
        "gene": gene,
        "genomeBuild": build,
        "variants": [{"chromosome": "chr1", "position": 1, "rsid": None}],
        "namedAlleles": [{"name": name, "alleles": ["A"], "reference": name == names[0]} for name in names],
    }


def allele(gene: str, name: str, function: str | None, activity: str | None = None) -> dict[str, Any]:
    """A row of the table `allele` of the CPIC database."""
    return {
        "id": 1,
        "genesymbol": gene,
        "name": name,
        "functionalstatus": None,
        "clinicalfunctionalstatus": function,
        "activityvalue": activity,
    }


def recommendation(drug: str, lookup: dict[str, str], grade: str, **more: Any) -> dict[str, Any]:
    """A row of the table `recommendation` of the CPIC database."""
    return {
        "id": 7,
        "guidelineid": 1,
        "drugid": drug,
        "implications": {},
        "drugrecommendation": "Words of the guideline",
        "classification": grade,
        "phenotypes": {},
        "activityscore": {},
        "allelestatus": {},
        "lookupkey": lookup,
        "population": "general",
        "comments": "n/a",
        "dosinginformation": False,
        "alternatedrugavailable": True,
        "otherprescribingguidance": False,
        **more,
    }


def conso(code: str, kind: str, name: str, source: str = "RXNORM") -> str:
    """A line of RXNCONSO.RRF."""
    return f"{code}|ENG||||||{code}0|{code}|{code}||{source}|{kind}|{code}|{name}||N|4096|"


def rel(owner: str, relation: str, target: str) -> str:
    """A line of RXNREL.RRF for "owner has this relation to target": the owner stands second."""
    return f"{target}||CUI|RO|{owner}||CUI|{relation}|||RXNORM||||||"


def release(folder: Path, concepts: list[str], relations: list[str]) -> Path:
    """An RxNorm release."""
    rrf = folder / "rrf"
    rrf.mkdir(parents=True, exist_ok=True)
    (rrf / "RXNCONSO.RRF").write_text("\n".join(concepts) + "\n", "utf8")
    (rrf / "RXNREL.RRF").write_text("\n".join(relations) + "\n", "utf8")
    return folder
