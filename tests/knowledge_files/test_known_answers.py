"""Answers worked out by hand from the guideline texts: drug, genotype as laboratories write it -> advice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from cds_service.core.actions import Action
from cds_service.core.finding import Finding
from cds_service.core.model import Coding
from cds_service.core.recommend import Policy
from cds_service.core.urgency import Urgency
from tests.builders import STENT, STROKE, genotype, judge, order, person

USES = {
    "acute pain": Coding("snomed", "274663001"),
    "polyneuropathy": Coding("icd10cm", "G62.9"),
    "a stent": Coding("snomed", STENT),
    "stroke": Coding("snomed", STROKE),
    "arterial disease": Coding("snomed", "399957001"),
    "depression": Coding("snomed", "370143000"),
    "leukaemia": Coding("snomed", "91857003"),
    "autoimmune hepatitis": Coding("snomed", "408335007"),
    "liver graft": Coding("snomed", "18027006"),
    "breast cancer": Coding("snomed", "416053008"),
}
PREMENOPAUSAL = "22636003"


@dataclass(frozen=True)
class Row:
    """
    One line of the table.

    Args:
        drug: The ordered drug.
        results: `GENE genotype` as a laboratory writes it; several after a semicolon.
        action: What has to be asked.
        loud: The indicator.
        factor: Lowest and highest multiple of the usual dose.
        limit: Absolute dose, as amount, unit and kind.
        use: What the drug is for, a key of `USES`.
        years: Age.
        mg: Ordered daily dose, with its unit if that is not mg.
        taken: For how many days the drug has been taken.
        problems: Codes on the problem list.
        body: The only guideline body that is asked: another one may speak where this one is silent.
    """

    drug: str
    results: str
    action: str
    loud: str = "info"
    factor: tuple[str, str] | None = None
    limit: str = ""
    use: str = ""
    years: int = 55
    mg: str = ""
    taken: int | None = None
    problems: tuple[str, ...] = ()
    body: str = "cpic"

    def __str__(self) -> str:
        use = f" for {self.use}" if self.use else ""
        age = f" at {self.years}" if self.years != 55 else ""
        dose = f" {self.mg}" if self.mg else ""
        taken = f" after {self.taken} days" if self.taken else ""
        return f"{self.drug}{dose}{use}{age}{taken} {self.results} -> {self.action}"


HALF, QUARTER_OFF, TENTH = ("0.5", "0.5"), ("0.75", "0.75"), ("0.1", "0.1")

ROWS = (
    # opioids: too much or too little of the active form
    Row("codeine", "CYP2D6 *1/*2x2", "avoid", "critical", use="acute pain"),
    Row("codeine", "CYP2D6 *2xN/*1", "avoid", "critical", use="acute pain"),
    Row("codeine", "CYP2D6 *4/*5", "avoid", "warning", use="acute pain"),
    Row("codeine", "CYP2D6 *4/*10", "standard", use="acute pain"),
    Row("codeine", "CYP2D6 *1/*36+*10", "standard", use="acute pain"),
    Row("codeine", "CYP2D6 *1/*1", "contraindicated", "critical", use="acute pain", years=11, body="fda"),
    Row("codeine", "CYP2D6 *1/*1", "standard", use="acute pain", years=12),
    Row("tramadol", "CYP2D6 *1/*1x3", "avoid", "critical", use="acute pain"),
    Row("hydrocodone", "CYP2D6 *4/*4", "standard", use="acute pain"),
    # antiplatelet: the use decides
    Row("clopidogrel", "CYP2C19 *1/*2", "avoid", "warning", use="a stent"),
    Row("clopidogrel", "CYP2C19 *9/*2", "avoid", "warning", use="a stent"),
    Row("clopidogrel", "CYP2C19 *1/*2", "consider-alternative", "warning", use="stroke"),
    Row("clopidogrel", "CYP2C19 *1/*2", "no-recommendation", use="arterial disease"),
    Row("clopidogrel", "CYP2C19 *2/*2", "avoid", "warning", use="arterial disease"),
    Row("clopidogrel", "CYP2C19 *1/*17", "standard", use="a stent"),
    # antidepressants and tricyclics
    Row("citalopram", "CYP2C19 *2/*2", "reduce-or-switch", "warning", HALF, "20 mg maximum", "depression"),
    Row("escitalopram", "CYP2C19 *17/*17", "consider-alternative", "warning", use="depression"),
    Row("sertraline", "CYP2C19 *2/*2; CYP2B6 *1/*1", "reduce-or-switch", "info", HALF, use="depression"),
    Row(
        "sertraline", "CYP2C19 *1/*1; CYP2B6 *6/*6", "reduce-or-switch", "info", QUARTER_OFF, use="depression"
    ),
    Row("paroxetine", "CYP2D6 *1x2/*2", "avoid", "warning", use="depression"),
    Row("vortioxetine", "CYP2D6 *4/*4", "reduce-or-switch", "warning", HALF, "10 mg maximum", "depression"),
    Row("venlafaxine", "CYP2D6 *4/*4", "consider-alternative", "info", use="depression"),
    Row(
        "amitriptyline",
        "CYP2D6 *1/*4; CYP2C19 *1/*1",
        "reduce-dose",
        "warning",
        QUARTER_OFF,
        use="depression",
    ),
    Row("amitriptyline", "CYP2D6 *4/*4; CYP2C19 *1/*1", "avoid", "warning", use="depression"),
    Row("amitriptyline", "CYP2D6 *4/*4; CYP2C19 *1/*1", "standard", use="polyneuropathy"),
    Row("nortriptyline", "CYP2D6 *1/*2x2", "avoid", "warning", use="depression"),
    # statins: caps and exchanges
    Row("simvastatin", "SLCO1B1 *1/*5", "switch-or-cap", "warning", limit="<20 mg maximum", mg="40 mg"),
    Row("simvastatin", "SLCO1B1 *5/*5", "avoid", "warning", mg="20 mg"),
    Row("atorvastatin", "SLCO1B1 *5/*15", "cap-dose", "warning", limit="20 mg start", mg="80 mg"),
    Row(
        "rosuvastatin",
        "ABCG2 rs2231142 T/T; SLCO1B1 *1/*1",
        "cap-dose",
        "warning",
        limit="20 mg start",
        mg="40 mg",
    ),
    Row("rosuvastatin", "ABCG2 rs2231142 T/T; SLCO1B1 *5/*5", "cap-dose", "info", limit="10 mg start"),
    Row("fluvastatin", "CYP2C9 *3/*3; SLCO1B1 *1/*1", "cap-dose", "warning", limit="20 mg start", mg="80 mg"),
    # tumour drugs and thiopurines
    Row("capecitabine", "DPYD c.1905+1G>A/Reference", "reduce-dose", "critical", HALF),
    Row("fluorouracil", "DPYD *2A/*2A", "avoid", "critical"),
    Row("capecitabine", "DPYD c.1905+1G>A/c.2846A>T", "avoid", "critical"),
    Row(
        "mercaptopurine",
        "TPMT *1/*1; NUDT15 *3/*3",
        "reduce-dose",
        "critical",
        TENTH,
        use="leukaemia",
        years=9,
    ),
    Row(
        "mercaptopurine",
        "TPMT *1/*3C; NUDT15 *1/*3",
        "reduce-dose",
        "warning",
        ("0.2", "0.5"),
        use="leukaemia",
    ),
    Row("azathioprine", "TPMT *3A/*3A; NUDT15 *1/*1", "avoid", "critical", use="autoimmune hepatitis"),
    Row(
        "azathioprine", "TPMT *1/*3A; NUDT15 *1/*1", "reduce-dose", "warning", ("0.3", "0.8"), mg="2.5 mg/kg"
    ),
    Row("thioguanine", "TPMT *3A/*3C; NUDT15 *1/*1", "reduce-dose", "critical", TENTH),
    Row("tamoxifen", "CYP2D6 *4/*4", "avoid", "warning", use="breast cancer", years=66),
    Row(
        "tamoxifen",
        "CYP2D6 *4/*4",
        "avoid",
        "warning",
        use="breast cancer",
        years=39,
        problems=(PREMENOPAUSAL,),
    ),
    # HLA: carriers, tolerance
    Row("abacavir", "HLA-B *57:01 positive", "avoid", "critical"),
    Row("allopurinol", "HLA-B *58:01/*15:01", "contraindicated", "critical"),
    Row("carbamazepine", "HLA-B *15:02/*40:01", "avoid", "critical"),
    Row("carbamazepine", "HLA-B *15:02 positive", "monitor", taken=500),
    Row("carbamazepine", "HLA-A *31:01 positive; HLA-B *15:02 negative", "avoid", "critical"),
    Row("oxcarbazepine", "HLA-B *15:02 positive", "avoid", "critical"),
    Row("phenytoin", "HLA-B *15:02 positive; CYP2C9 *1/*1", "avoid", "critical"),
    Row("phenytoin", "HLA-B *15:02 negative; CYP2C9 *1/*3", "reduce-dose", "warning", QUARTER_OFF),
    Row("phenytoin", "HLA-B *15:02 negative; CYP2C9 *2/*3", "reduce-dose", "warning", HALF),
    # pain and stomach
    Row("meloxicam", "CYP2C9 *2/*3", "avoid", "warning"),
    Row("celecoxib", "CYP2C9 *3/*3", "reduce-or-switch", "warning", ("0.25", "0.5")),
    Row("ibuprofen", "CYP2C9 *1/*2", "standard"),
    Row("omeprazole", "CYP2C19 *17/*17", "increase-dose", "info", ("2", "2")),
    Row("pantoprazole", "CYP2C19 *2/*2", "standard"),
    Row("pantoprazole", "CYP2C19 *2/*2", "reduce-dose", "info", HALF, taken=90),
    # infection
    Row("voriconazole", "CYP2C19 *1/*17", "avoid", "warning", years=44),
    Row("voriconazole", "CYP2C19 *1/*17", "monitor", years=8),
    Row("gentamicin", "MT-RNR1 m.1555A>G", "avoid", "critical"),
    Row("efavirenz", "CYP2B6 *6/*6", "reduce-dose", "warning", ("0.33", "0.67"), "400 mg start", mg="600 mg"),
    Row("atazanavir", "UGT1A1 *28/*28", "consider-alternative", "warning"),
    # red cells
    Row("rasburicase", "G6PD Mediterranean hemizygous", "avoid", "critical"),
    Row("primaquine", "G6PD A- 202A_376G hemizygous", "avoid", "critical"),
    Row("nitrofurantoin", "G6PD A- 202A_376G hemizygous", "monitor"),
    Row("sulfamethoxazole / trimethoprim", "G6PD A- 202A_376G hemizygous", "standard"),
    Row("tafenoquine", "G6PD A- 202A_376G/B", "test-first", "warning"),
    # anaesthesia, transplantation, heart, lungs, attention
    Row("sevoflurane", "CACNA1S c.520C>T heterozygous", "contraindicated", "critical"),
    Row("succinylcholine", "RYR1 c.7300G>A heterozygous", "contraindicated", "critical"),
    Row("tacrolimus", "CYP3A5 *1/*3", "increase-dose", "warning", ("1.5", "2"), "0.3 mg/kg start"),
    Row("tacrolimus", "CYP3A5 *3/*3", "standard"),
    Row("tacrolimus", "CYP3A5 *1/*3", "no-recommendation", use="liver graft"),
    Row("warfarin", "CYP2C9 *1/*1; VKORC1 -1639 G/G", "calculate-dose", "warning"),
    Row("metoprolol", "CYP2D6 *4/*4", "reduce-or-switch", "warning"),
    Row("metoprolol", "CYP2D6 *1/*4", "standard"),
    Row("hydralazine", "NAT2 *5/*6", "cap-dose", "warning", limit="75 mg start", mg="100 mg"),
    Row("ivacaftor", "CFTR F508del/F508del", "avoid", "warning"),
    Row("ivacaftor", "CFTR F508del/G551D", "standard"),
    Row("atomoxetine", "CYP2D6 *4/*4", "cap-dose", "warning", limit="40 mg start", mg="80 mg", years=31),
    Row(
        "atomoxetine", "CYP2D6 *4/*4", "cap-dose", "warning", limit="0.5 mg/kg start", mg="1.2 mg/kg", years=9
    ),
    Row("ondansetron", "CYP2D6 *1/*2x2", "avoid", "warning"),
)


def answer(row: Row) -> Finding:
    results = [genotype(*text.split(" ", 1)) for text in row.results.split("; ")]
    amount, _, unit = row.mg.partition(" ")
    draft = order(row.drug, mg=amount or None, unit=unit or "mg", taken_days=row.taken)
    if row.use:
        draft = replace(draft, reasons=frozenset({USES[row.use]}))
    policy = Policy(sources=(row.body,), recommended_tests=False)
    return judge(draft, *results, who=person(row.years, problems=row.problems), policy=policy)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_answer_is_the_one_of_the_guideline(row: Row) -> None:
    found = answer(row)
    assert (row.action, row.loud) == (found.action.value, found.urgency.value)
    dose = found.dose
    assert tuple(map(Decimal, row.factor or ())) == ((dose.low, dose.high) if dose and dose.low else ())
    if row.limit:
        assert dose is not None
        assert dose.limit is not None
        limit = dose.limit
        assert row.limit == f"{'<' if limit.below else ''}{limit.value} {limit.unit} {limit.kind}"


SILENT = (
    Row("clopidogrel", "CYP2C19 *1/*1", "standard", use="a stent"),
    Row("atorvastatin", "SLCO1B1 *5/*5", "standard", mg="20 mg"),
    Row("efavirenz", "CYP2B6 *6/*6", "standard", mg="400 mg"),
    Row("hydralazine", "NAT2 *5/*6", "standard", mg="40 mg"),
    Row("atomoxetine", "CYP2D6 *4/*4", "standard", mg="40 mg", years=31),
)


@pytest.mark.parametrize("row", SILENT, ids=str)
def test_a_draft_that_keeps_the_advice_is_quiet(row: Row) -> None:
    assert answer(row).action is Action.STANDARD


def test_the_reason_of_each_card_points_the_right_way() -> None:
    """Slow clearance never with a raised dose, too little of an active form never with "too much"."""
    for row in ROWS:
        found = answer(row)
        if found.implication is None:
            continue
        key, action = found.implication.key, found.action
        assert not ("slow" in key and action is Action.INCREASE_DOSE), row
        assert not (key.endswith("-fast") and action in (Action.REDUCE_DOSE, Action.CAP_DOSE)), row
        assert (found.urgency is Urgency.CRITICAL) <= (
            found.implication.harm == "catastrophic" or action is Action.CONTRAINDICATED
        ), row
