"""
How far the calculated warfarin doses lie from the doses that people turned out to need.

    python -m benchmarks.warfarin TABLE.tsv

The table has one person a row: `weekly_dose_mg`, `age_band` (`60-69`, `90+`), `height_cm`, `weight_kg`,
`vkorc1_1639` (`A/G`), `cyp2c9` (`*1/*2`), `race_omb`, `enzyme_inducer` and `amiodarone` (1 or 0). The data
set of the International Warfarin Pharmacogenetics Consortium is such a table; it is not part of this
project.

Prints the mean absolute error in mg a week, R2 and the share of people within 20 % of their stable dose,
for each formula and group, and how many people get no dose, and why. "As published" counts everybody: with
the term of the publication for a missing result and without bounds, as nobody gets a dose from the service.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from cds_service.core.calculator import Calculation, Formula
from cds_service.core.conditions import Facts
from cds_service.core.diplotype import parse_genotype
from cds_service.core.knowledge_base import KnowledgeBase
from cds_service.core.model import CDC_RACE, Coding, Ingredient, Order, Patient
from cds_service.core.phenotype import GeneState, states_of
from cds_service.curation.compile import compile_knowledge
from cds_service.resources import knowledge_folder

RACES = {"White": "2106-3", "Asian": "2028-9", "Black or African American": "2054-5"}
INDUCER, AMIODARONE = Ingredient("rifampin", "9384"), Ingredient("amiodarone", "703")


@dataclass(frozen=True)
class Person:
    """One row."""

    stable: float
    group: str
    patient: Patient
    states: Mapping[str, GeneState]


def people(path: Path, knowledge: KnowledgeBase) -> Iterator[Person]:
    """The rows of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            decade = int(row["age_band"].rstrip("+").split("-")[0])
            takes = [
                drug
                for drug, column in ((INDUCER, "enzyme_inducer"), (AMIODARONE, "amiodarone"))
                if row[column] == "1"
            ]
            race = RACES.get(row["race_omb"])
            vkorc1 = f"-1639 {row['vkorc1_1639']}" if row["vkorc1_1639"] else ""
            states = {
                gene: state
                for gene, text in (("CYP2C9", row["cyp2c9"]), ("VKORC1", vkorc1))
                if (state := _state(text, gene, knowledge)) is not None
            }
            patient = Patient(
                age_days=int((decade + 5) * 365.25),
                height_cm=Decimal(row["height_cm"]),
                weight_kg=Decimal(row["weight_kg"]),
                medications=tuple(takes),
                ancestries=frozenset({Coding(CDC_RACE, race)}) if race else frozenset(),
            )
            yield Person(float(row["weekly_dose_mg"]), row["race_omb"], patient, states)


def _state(text: str, gene: str, knowledge: KnowledgeBase) -> GeneState | None:
    if not text:
        return None
    diplotypes = parse_genotype(text, knowledge.genes[gene]).diplotypes
    states = [state for diplotype in diplotypes for state in states_of(diplotype, knowledge.genes[gene])]
    return states[0] if len(states) == 1 else None


def as_published(formula: Formula) -> Formula:
    """The formula with its terms for missing results, and for people of any age and size."""
    genes = (
        term if term.unknown is None else replace(term, add={**term.add, "": term.unknown})
        for term in formula.genes
    )
    return replace(formula, name=f"{formula.name}, as published", genes=tuple(genes), ranges={})


def main(arguments: list[str]) -> int:
    """Print one table for each formula."""
    if len(arguments) != 1:
        print("usage: python -m benchmarks.warfarin TABLE.tsv", file=sys.stderr)
        return 2
    knowledge = compile_knowledge(knowledge_folder())
    everybody = list(people(Path(arguments[0]), knowledge))
    for calculator in knowledge.calculators.values():
        if isinstance(calculator, Formula):
            for formula in (calculator, as_published(calculator)):
                measure(formula, everybody, knowledge)
    return 0


def measure(formula: Formula, everybody: list[Person], knowledge: KnowledgeBase) -> None:
    """Print how far one formula is off."""
    order = Order("MedicationRequest/1", (Ingredient("warfarin", "11289"),))
    pairs: dict[str, list[tuple[float, float]]] = defaultdict(list)
    refused: Counter[str] = Counter()
    for person in everybody:
        answer = formula.calculate(Facts(person.patient, order, knowledge.value_sets, {}), person.states)
        if answer.unrounded is None:
            refused[_why(answer)] += 1
            continue
        for group in ("all", person.group):
            pairs[group].append((float(answer.unrounded) * 7, person.stable))
    print(f"{formula.name}: {len(pairs['all'])} of {len(everybody)} people")
    for group, found in pairs.items():
        print(f"  {group:28} {_figures(found)}")
    for why, count in refused.most_common():
        print(f"  no dose: {count:5} {why}")


def _why(answer: Calculation) -> str:
    missing = f"not known: {', '.join(answer.missing)}" if answer.missing else ""
    beyond = f"out of range: {', '.join(answer.beyond)}" if answer.beyond else ""
    return "; ".join(part for part in (missing, beyond) if part)


def _figures(pairs: Iterable[tuple[float, float]]) -> str:
    found = list(pairs)
    mean = sum(stable for _, stable in found) / len(found)
    error = sum(abs(given - stable) for given, stable in found) / len(found)
    squares = sum((given - stable) ** 2 for given, stable in found)
    spread = sum((stable - mean) ** 2 for _, stable in found)
    near = sum(abs(given - stable) <= 0.2 * stable for given, stable in found) / len(found)
    errors = f"error {error:5.2f} mg a week, R2 {1 - squares / spread:.3f}"
    return f"{len(found):5} people, {errors}, within 20 %: {near:.1%}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
