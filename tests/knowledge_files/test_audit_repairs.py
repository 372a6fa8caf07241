"""What a safety audit found in the rules, so that it stays repaired: silence, wrong doses, wrong reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from cds_service.core.actions import Action
from cds_service.core.evidence import ReportedResult
from cds_service.core.finding import Finding
from cds_service.core.model import Ingredient, Patient
from cds_service.core.recommend import Policy
from cds_service.core.urgency import Urgency
from tests.builders import genotype, judge, knowledge, order, person, phenotype

DEPRESSION = "370143000"
CYP2C19_POOR = genotype("CYP2C19", "*2/*2")
CYP2C9_POOR = genotype("CYP2C9", "*3/*3")
LEUKAEMIA, COLITIS, BREAST, GASTRO, FALCIPARUM, VIVAX = (
    "91857003", "64766004", "416053008", "721730009", "62676009", "27052006",
)  # fmt: skip
EPILEPSY, RESISTANT, SJS = "84757009", "G40.019", "73442001"
ON_DULOXETINE = person(medications=(Ingredient("duloxetine", "72625"),))
ADULT = person(weight_kg=Decimal(70), height_cm=Decimal(175))


@dataclass(frozen=True)
class Row:
    """
    One repaired answer.

    Args:
        drug: The ordered drug.
        results: What is on file.
        action: What has to be asked.
        loud: The indicator.
        more: Of the order: reason, dose, unit, single administration, days taken.
        who: The person.
        factor, limit: The dose advice, as numbers; the limit with unit and period.
        watch: Something that has to be watched.
        implication: Key of what the result means.
        condition: Key of the condition that is named.
    """

    drug: str
    results: tuple[ReportedResult, ...]
    action: str
    loud: str = "info"
    more: Mapping[str, Any] = field(default_factory=dict)
    who: Patient | None = None
    factor: tuple[str, str] | None = None
    limit: str = ""
    watch: str = ""
    implication: str = ""
    condition: str = ""

    def __str__(self) -> str:
        found = " ".join(f"{result.gene} {result.text}" for result in self.results)
        return f"{self.drug} {dict(self.more)} {found} -> {self.action}"


def two(gene: str, text: str, other: str, other_text: str) -> tuple[ReportedResult, ...]:
    """Genotypes of two genes."""
    return genotype(gene, text), genotype(other, other_text)


TPMT_IM = two("TPMT", "*1/*3A", "NUDT15", "*1/*1")
TPMT_PM = two("TPMT", "*3A/*3A", "NUDT15", "*1/*1")
BOTH_IM = two("TPMT", "*1/*3A", "NUDT15", "*1/*3")
CBZ_RISK = (genotype("HLA-A", "*31:01/*02:01"), genotype("HLA-B", "*07:02/*08:01"))
RYR1_NEGATIVE = two("RYR1", "Reference/Reference", "CACNA1S", "Reference/Reference")
G6PD_DEFICIENT, G6PD_CNSHA = phenotype("G6PD", "Deficient"), phenotype("G6PD", "Deficient with CNSHA")
WARFARIN_POOR = two("CYP2C9", "*3/*3", "VKORC1", "rs9923231 C/T")

ROWS = (
    # thiopurines: what counts as a low start, and what a tenth means
    Row(
        "mercaptopurine",
        TPMT_IM,
        "reduce-dose",
        "warning",
        {"reason": COLITIS, "mg": "1.5", "unit": "mg/kg"},
        ADULT,
        factor=("0.3", "0.8"),
    ),
    Row(
        "mercaptopurine",
        TPMT_IM,
        "monitor",
        "info",
        {"reason": COLITIS, "mg": "1.4", "unit": "mg/kg"},
        ADULT,
        watch="blood-count",
        condition="start-dose-already-below-standard",
    ),
    Row(
        "mercaptopurine",
        TPMT_IM,
        "reduce-dose",
        "warning",
        {"reason": LEUKAEMIA, "mg": "75", "unit": "mg/m2"},
        ADULT,
    ),
    Row(
        "mercaptopurine",
        TPMT_IM,
        "monitor",
        "info",
        {"reason": LEUKAEMIA, "mg": "70", "unit": "mg/m2"},
        ADULT,
        watch="blood-count",
    ),
    Row(
        "azathioprine",
        BOTH_IM,
        "monitor",
        "info",
        {"reason": COLITIS, "mg": "1.9", "unit": "mg/kg"},
        ADULT,
        watch="blood-count",
    ),
    Row(
        "azathioprine",
        BOTH_IM,
        "reduce-dose",
        "warning",
        {"reason": COLITIS, "mg": "2", "unit": "mg/kg"},
        ADULT,
        factor=("0.2", "0.5"),
    ),
    Row("thioguanine", BOTH_IM, "monitor", "info", {"mg": "39", "unit": "mg/m2"}, ADULT, watch="blood-count"),
    Row(
        "mercaptopurine",
        TPMT_PM,
        "reduce-dose",
        "critical",
        {"reason": LEUKAEMIA, "mg": "10", "unit": "mg/m2"},
        ADULT,
        factor=("0.1", "0.1"),
        limit="10 mg/m2 day",
        condition="malignancy",
    ),
    Row("thioguanine", TPMT_PM, "reduce-dose", "critical", factor=("0.1", "0.1")),
    # skin reactions: "no alternative" is not on record, and tolerance is not after a reaction
    Row("carbamazepine", CBZ_RISK, "avoid", "critical", {"reason": EPILEPSY}, person(problems=[RESISTANT])),
    Row("carbamazepine", CBZ_RISK, "avoid", "critical", {"taken_days": 120}, person(problems=[SJS])),
    Row("carbamazepine", CBZ_RISK, "monitor", "info", {"taken_days": 120}, watch="skin"),
    Row(
        "oxcarbazepine",
        (genotype("HLA-B", "*15:02/*08:01"),),
        "avoid",
        "critical",
        {"taken_days": 120},
        person(problems=[SJS]),
    ),
    Row(
        "oxcarbazepine",
        (genotype("HLA-B", "*15:02/*08:01"),),
        "monitor",
        "info",
        {"taken_days": 120},
        watch="skin",
    ),
    Row(
        "phenytoin",
        two("HLA-B", "*15:02/*08:01", "CYP2C9", "*1/*3"),
        "avoid",
        "critical",
        {"taken_days": 120},
        person(problems=[SJS]),
    ),
    # a loading dose stays as usual
    Row("phenytoin", (CYP2C9_POOR,), "standard", "info", {"single_administration": True}),
    Row("fosphenytoin", (CYP2C9_POOR,), "standard", "info", {"single_administration": True}),
    Row("phenytoin", (CYP2C9_POOR,), "reduce-dose", "warning", factor=("0.5", "0.5")),
    # G6PD
    Row(
        "primaquine",
        (G6PD_DEFICIENT,),
        "avoid",
        "critical",
        {"mg": "15", "single_administration": True},
        ADULT,
    ),
    Row(
        "primaquine",
        (G6PD_DEFICIENT,),
        "avoid",
        "critical",
        {"mg": "15", "single_administration": True, "reason": VIVAX},
        ADULT,
    ),
    Row(
        "primaquine",
        (G6PD_DEFICIENT,),
        "standard",
        "info",
        {"mg": "15", "single_administration": True, "reason": FALCIPARUM},
        ADULT,
    ),
    Row("dapsone", (G6PD_DEFICIENT,), "avoid", "critical", implication="haemolysis-severe"),
    Row("aspirin", (G6PD_DEFICIENT,), "monitor", "info", {"mg": "3000"}, watch="haemolysis"),
    Row("aspirin", (G6PD_DEFICIENT,), "standard", "info", {"mg": "100"}),
    Row("aspirin", (G6PD_DEFICIENT,), "standard", "info"),
    Row("mafenide", (G6PD_CNSHA,), "monitor", "info", {"routes": frozenset({"topical"})}),
    # malignant hyperthermia: a negative test is no warning for everybody
    Row("sevoflurane", RYR1_NEGATIVE, "monitor", "info", implication="malignant-hyperthermia-open"),
    Row("succinylcholine", RYR1_NEGATIVE[:1], "monitor", "info"),
    Row(
        "sevoflurane",
        two("RYR1", "Reference/c.7304G>A", "CACNA1S", "Reference/Reference"),
        "contraindicated",
        "critical",
    ),
    # what a result means
    Row(
        "omeprazole",
        (genotype("CYP2C19", "*1/*1"),),
        "increase-dose",
        "info",
        {"reason": GASTRO},
        implication="ppi-normal",
    ),
    Row(
        "amitriptyline",
        two("CYP2C19", "*1/*17", "CYP2D6", "*4/*4"),
        "avoid",
        "warning",
        {"reason": DEPRESSION},
        implication="tricyclic-mixed",
    ),
    # a lower dose without a number
    Row(
        "celecoxib",
        (genotype("CYP2C9", "*1/*3"),),
        "reduce-dose",
        "info",
        condition="lowest-starting-dose",
    ),
    Row("sertraline", (genotype("CYP2C19", "*1/*2"),), "reduce-dose", "info", condition="slower-titration"),
    Row("citalopram", (genotype("CYP2C19", "*1/*2"),), "reduce-dose", "info", condition="slower-titration"),
    Row("paroxetine", (genotype("CYP2D6", "*4/*10"),), "reduce-dose", "info", condition="lower-start"),
    # warfarin
    Row("warfarin", WARFARIN_POOR, "consider-alternative", "warning", {"reason": "49436004"}),
    Row(
        "warfarin",
        two("CYP2C9", "*1/*5", "VKORC1", "rs9923231 C/C"),
        "calculate-dose",
        "warning",
        factor=("0.7", "0.85"),
    ),
    Row(
        "warfarin",
        two("CYP2C9", "*8/*11", "VKORC1", "rs9923231 C/C"),
        "calculate-dose",
        "warning",
        factor=("0.6", "0.8"),
    ),
    Row(
        "warfarin", two("CYP2C9", "*1/*5", "VKORC1", "rs9923231 C/C"), "standard", "info", {"taken_days": 60}
    ),
    # clopidogrel: a reason outside all uses does not silence
    Row("clopidogrel", (CYP2C19_POOR,), "avoid", "warning", {"reason": "38341003"}),
    # tamoxifen
    Row(
        "tamoxifen",
        (genotype("CYP2D6", "*1/*2x2"),),
        "switch-comedication",
        "warning",
        {"reason": BREAST},
        ON_DULOXETINE,
    ),
    Row("tamoxifen", (genotype("CYP2D6", "*1/*1"),), "standard", "info", {"reason": BREAST}),
)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_repaired_answer(row: Row) -> None:
    draft = order(row.drug, **row.more)
    finding = judge(draft, *row.results, who=row.who, policy=Policy(sources=("cpic",)))
    assert (finding.action, finding.urgency) == (Action(row.action), Urgency(row.loud))
    if row.factor:
        assert finding.dose is not None
        assert (finding.dose.low, finding.dose.high) == (Decimal(row.factor[0]), Decimal(row.factor[1]))
    if row.limit:
        assert finding.dose is not None and finding.dose.limit is not None
        limit = finding.dose.limit
        assert f"{limit.value} {limit.unit} {limit.period}" == row.limit
    if row.watch:
        assert row.watch in finding.monitoring
    if row.implication:
        assert finding.implication is not None and finding.implication.key == row.implication
    assert not row.condition or finding.condition == row.condition


def test_a_later_step_is_named() -> None:
    def steps(finding: Finding) -> set[str]:
        return {step.step for step in finding.later}

    assert "no-alternative" in steps(judge(order("carbamazepine"), *CBZ_RISK))
    assert "weekly-in-vivax-or-ovale" in steps(judge(order("primaquine"), G6PD_DEFICIENT))
    poor = judge(order("rosuvastatin", mg="40"), genotype("SLCO1B1", "*5/*5"))
    assert "higher-dose-needed-add-non-statin" in steps(poor)
    assert "drug-still-needed" in steps(judge(order("warfarin"), *WARFARIN_POOR))


@pytest.mark.parametrize(
    ("other", "action"),
    [("voriconazole", Action.MONITOR), ("amlodipine", Action.INCREASE_DOSE)],
)
def test_a_dose_is_not_raised_against_a_strong_inhibitor(other: str, action: Action) -> None:
    (code,) = knowledge().drug_codes.by_name[other]
    who = person(medications=(Ingredient(other, code),))
    found = judge(order("tacrolimus", reason="70536003"), genotype("CYP3A5", "*1/*1"), who=who)
    assert (found.action, found.dose is None) == (action, action is Action.MONITOR)
    assert found.urgency is Urgency.WARNING
