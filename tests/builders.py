"""Short ways to make a person, results and an order for tests of the core, with the knowledge as it ships."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cache

from cds_service.core.evidence import ReportedResult, ResultKind
from cds_service.core.finding import Finding
from cds_service.core.knowledge_base import KnowledgeBase
from cds_service.core.model import (
    ICD10CM,
    SNOMED,
    Coding,
    DailyDose,
    Identification,
    Ingredient,
    Order,
    Patient,
)
from cds_service.core.recommend import Case, Policy, recommend
from cds_service.core.weigh import GeneEvidence, weigh
from cds_service.curation.compile import compile_knowledge
from cds_service.resources import knowledge_folder

STENT, STROKE, DEPRESSION, ALL, HEPATITIS = "36969009", "422504002", "370143000", "91857003", "408335007"


@cache
def knowledge() -> KnowledgeBase:
    """The knowledge folder of the project, compiled once."""
    return compile_knowledge(knowledge_folder())


def genotype(gene: str, text: str, **more: object) -> ReportedResult:
    """A laboratory's genotype text."""
    values = {"measured_on": date(2024, 5, 14), **more}
    return ReportedResult(gene, ResultKind.DIPLOTYPE, text, f"Observation/{gene}-{text}", **values)  # type: ignore[arg-type]


def phenotype(gene: str, text: str, **more: object) -> ReportedResult:
    """A laboratory's phenotype."""
    return ReportedResult(gene, ResultKind.PHENOTYPE, text, f"Observation/{gene}", **more)  # type: ignore[arg-type]


def evidence(*results: ReportedResult) -> dict[str, GeneEvidence]:
    """All results weighed."""
    return {r.gene: weigh(knowledge().genes[r.gene], results) for r in results}


def order(
    drug: str, *, reason: str | None = None, mg: str | None = None, unit: str = "mg", **more: object
) -> Order:
    """A draft for one drug."""
    found = knowledge().drugs[drug]
    rxcui = found.rxcuis[0] if found.rxcuis else None
    reasons = frozenset({Coding(SNOMED, reason)}) if reason else frozenset()
    dose = DailyDose(Decimal(mg), unit) if mg else None
    return Order(
        "MedicationRequest/1",
        (Ingredient(drug, rxcui),),
        Identification.RXNORM,
        drug,
        reasons=reasons,
        dose=dose,
        **more,  # type: ignore[arg-type]
    )


def person(years: int = 55, *, problems: Iterable[str] = (), **more: object) -> Patient:
    """A person of an age, with problems as SNOMED CT or ICD-10-CM codes."""
    codes = frozenset(Coding(SNOMED if code.isdigit() else ICD10CM, code) for code in problems)
    return Patient(age_days=int(years * 365.25) + 30, problems=codes, **more)  # type: ignore[arg-type]


def judge(
    draft: Order, *results: ReportedResult, who: Patient | None = None, policy: Policy | None = None
) -> Finding:
    """The finding for an order of one drug."""
    case = Case(who or person(), evidence(*results), (draft,))
    (finding,) = recommend(draft, case, knowledge(), policy or Policy())
    return finding
