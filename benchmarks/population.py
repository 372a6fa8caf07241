"""
A made-up population as a FHIR Bulk Data export: `python -m benchmarks.population PEOPLE FOLDER`.

Genotypes are drawn from the published allele frequencies in `knowledge/frequencies`, two alleles at a time,
so that the share of each class is about that of its group. Nobody in it exists.
"""

from __future__ import annotations

import csv
import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
from tqdm import tqdm

from cds_service.resources import knowledge_folder

SEED = 20_261_121
_GROUPS = (("European", 60), ("African American/Afro-Caribbean", 20), ("East Asian", 10), ("Latino", 10))
#: RxNorm code of what people take, with the share of people that take it.
_DRUGS = (
    ("32968", 0.04), ("11289", 0.03), ("36567", 0.12), ("83367", 0.15), ("2670", 0.03), ("704", 0.02),
    ("2556", 0.04), ("36437", 0.05), ("7646", 0.12), ("6918", 0.10), ("29046", 0.20), ("10689", 0.04),
    ("1256", 0.01), ("519", 0.03), ("10324", 0.01), ("8183", 0.01),
)  # fmt: skip
_TESTED = 0.8
_LOINC = "http://loinc.org"


def people(count: int, seed: int = SEED) -> Iterator[list[dict[str, Any]]]:
    """The record of one person after the other; the same for the same seed."""
    chance = random.Random(seed)
    pools = _pools()
    for number in range(count):
        yield list(_record(f"p{number:08d}", pools, chance))


def write(count: int, folder: Path, seed: int = SEED) -> int:
    """
    Write the export, one file a type.

    Returns:
        Number of lines.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kinds = ("Patient", "Observation", "MedicationRequest", "Condition")
    files = {kind: (folder / f"{kind}.000.ndjson").open("wb") for kind in kinds}
    lines = 0
    for record in tqdm(people(count, seed), total=count, unit=" people", disable=not sys.stderr.isatty()):
        for resource in record:
            files[resource["resourceType"]].write(orjson.dumps(resource) + b"\n")
            lines += 1
    for file in files.values():
        file.close()
    return lines


def _pools() -> dict[str, dict[str, tuple[list[str], list[float]]]]:
    """Group -> gene -> alleles and their frequencies."""
    found: dict[str, dict[str, tuple[list[str], list[float]]]] = defaultdict(dict)
    with (knowledge_folder() / "frequencies" / "alleles.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["allele"].startswith("*") and "x" not in row["allele"] and float(row["frequency"]) > 0:
                alleles, shares = found[row["group"]].setdefault(row["gene"], ([], []))
                alleles.append(row["allele"])
                shares.append(float(row["frequency"]))
    return found


def _record(
    ident: str, pools: dict[str, dict[str, tuple[list[str], list[float]]]], chance: random.Random
) -> Iterator[dict[str, Any]]:
    subject = {"reference": f"Patient/{ident}"}
    yield {
        "resourceType": "Patient",
        "id": ident,
        "gender": chance.choice(("female", "male")),
        "birthDate": f"{chance.randint(1935, 2020)}-{chance.randint(1, 12):02d}-15",
    }
    (group,) = chance.choices([name for name, _ in _GROUPS], [share for _, share in _GROUPS])
    if chance.random() < _TESTED:
        for gene, (alleles, shares) in pools[group].items():
            first, second = chance.choices(alleles, shares, k=2)
            yield _genotype(f"{ident}-{gene}", subject, gene, f"{first}/{second}")
    for number, (code, share) in enumerate(_DRUGS):
        if chance.random() < share:
            yield _order(f"{ident}-m{number}", subject, code)
    yield {
        "resourceType": "Condition",
        "id": f"{ident}-c",
        "subject": subject,
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "38341003"}]},
    }


def _genotype(ident: str, subject: dict[str, str], gene: str, diplotype: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": ident,
        "status": "final",
        "subject": subject,
        "code": {"coding": [{"system": _LOINC, "code": "84413-4"}]},
        "effectiveDateTime": "2025-03-01",
        "component": [
            {
                "code": {"coding": [{"system": _LOINC, "code": "48018-6"}]},
                "valueCodeableConcept": {"text": gene},
            }
        ],
        "valueCodeableConcept": {"text": f"{gene} {diplotype}"},
    }


def _order(ident: str, subject: dict[str, str], code: str) -> dict[str, Any]:
    concept = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": code}]}
    return {
        "resourceType": "MedicationRequest",
        "id": ident,
        "status": "active",
        "intent": "order",
        "subject": subject,
        "authoredOn": "2026-10-20",
        "medicationCodeableConcept": concept,
    }


if __name__ == "__main__":
    print(f"{write(int(sys.argv[1]), Path(sys.argv[2])):,} lines")
