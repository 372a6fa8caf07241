"""What FDA's table and labels ask for, worked out by hand from their words: drug and result -> advice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from cds_service.core.actions import QUIET, Action
from cds_service.core.finding import Finding
from cds_service.core.model import Identification, Ingredient, Order
from cds_service.core.recommend import Case, Policy, recommend
from cds_service.core.urgency import Urgency
from tests.builders import evidence, genotype, judge, knowledge, order, person, phenotype

KETOCONAZOLE, FLUCONAZOLE = Ingredient("ketoconazole", "6135"), Ingredient("fluconazole", "4450")
LABEL_ONLY = Policy(sources=("fda",), recommended_tests=False)


@dataclass(frozen=True)
class Row:
    """
    One line of the table.

    Args:
        drug: The ordered drug.
        result: `GENE genotype`, or `GENE = class`.
        action: What has to be asked.
        loud: The indicator.
        factor: Multiple of the usual dose.
        limit: Absolute dose, as amount, unit, period and kind.
        watch: What to watch.
        mg: Ordered daily dose.
        route: How it is given.
        beside: Another drug that is taken.
        years: Age.
        kg: Body weight.
    """

    drug: str
    result: str
    action: str
    loud: str = "info"
    factor: str = ""
    limit: str = ""
    watch: tuple[str, ...] = ()
    mg: str = ""
    route: str = ""
    beside: Ingredient | None = None
    years: int = 55
    kg: str = ""

    def __str__(self) -> str:
        more = [f"{self.mg} mg"] if self.mg else []
        more += [f"{self.route}"] if self.route else []
        more += [f"beside {self.beside.name}"] if self.beside else []
        more += [f"at {self.years}"] if self.years != 55 else []
        more += [f"{self.kg} kg"] if self.kg else []
        return f"{' '.join([self.drug, *more])} {self.result} -> {self.action}"


EFFECTS = ("side-effects",)
ROWS = (
    # a dose, as a share of the usual one
    Row("aripiprazole", "CYP2D6 *4/*4", "reduce-dose", "warning", "0.5"),
    Row("aripiprazole", "CYP2D6 *4/*4", "reduce-dose", "warning", "0.5", route="oral"),
    Row("aripiprazole", "CYP2D6 *4/*4", "reduce-dose", "warning", "0.25", route="oral", beside=KETOCONAZOLE),
    Row("aripiprazole", "CYP2D6 *4/*4", "reduce-dose", "warning", "0.75", route="parenteral"),
    Row(
        "aripiprazole", "CYP2D6 *4/*4", "reduce-or-switch", "warning", "0.5",
        route="parenteral", beside=KETOCONAZOLE,
    ),
    Row("brexpiprazole", "CYP2D6 *4/*5", "reduce-dose", "warning", "0.5"),
    Row("brexpiprazole", "CYP2D6 *4/*5", "reduce-dose", "warning", "0.25", beside=FLUCONAZOLE),
    Row("brexpiprazole", "CYP2D6 *4/*5", "reduce-dose", "warning", "0.25", beside=KETOCONAZOLE),
    Row("aripiprazole lauroxil", "CYP2D6 *4/*4", "reduce-dose", "warning", watch=EFFECTS),
    Row(
        "aripiprazole lauroxil", "CYP2D6 *4/*4", "cap-dose", "warning",
        limit="441 mg dose maximum", watch=EFFECTS, beside=KETOCONAZOLE,
    ),
    # a dose in milligrams
    Row(
        "abrocitinib", "CYP2C19 *2/*2", "reduce-dose", "warning", "0.5", "50 mg day start", ("blood-count",),
        mg="100",
    ),
    Row("atomoxetine", "CYP2D6 *4/*4", "cap-dose", "warning", limit="0.5 mg/kg day start", years=9, kg="30"),
    Row("atomoxetine", "CYP2D6 *4/*4", "cap-dose", "warning", limit="40 mg day start", mg="80", kg="90"),
    Row(
        "metoclopramide", "CYP2D6 *4/*4", "reduce-dose", "warning", limit="30 mg day maximum", watch=EFFECTS,
        mg="40",
    ),
    # a dose without a number
    Row("nateglinide", "CYP2C9 *3/*3", "reduce-dose", "warning", watch=("blood-glucose",)),
    Row("nateglinide", "CYP2C9 *2/*3", "reduce-dose", "warning", watch=("blood-glucose",)),
    Row("oliceridine", "CYP2D6 *4/*4", "reduce-dose", "warning", watch=("breathing", "response")),
    Row("venlafaxine", "CYP2D6 *4/*4", "reduce-dose", "info"),
    Row("pantoprazole", "CYP2C19 *2/*2", "reduce-dose", "info", years=9),
    Row("phenytoin", "CYP2C9 *1/*2", "reduce-dose", "warning", watch=("drug-level",)),
    Row("phenytoin", "CYP2C9 *2/*2", "reduce-dose", "warning", watch=("drug-level",)),
    Row("phenytoin", "CYP2C9 *1/*3", "reduce-or-switch", "warning", watch=("drug-level", "skin")),
    Row("fosphenytoin", "CYP2C9 *3/*3", "reduce-or-switch", "warning", watch=("drug-level", "skin")),
    Row("irinotecan", "UGT1A1 *6/*28", "reduce-dose", "warning", watch=("blood-count",)),
    # the dose has to be worked out
    Row("warfarin", "CYP2C9 *1/*2", "calculate-dose", "warning", watch=("inr",)),
    Row("warfarin", "VKORC1 -1639 AG", "calculate-dose", "warning", watch=("inr",)),
    # another drug
    Row("deuruxolitinib", "CYP2C9 *3/*3", "contraindicated", "critical"),
    Row("deuruxolitinib", "CYP2C9 *2/*3", "contraindicated", "critical"),
    Row("dihydrocodeine", "CYP2D6 *1/*2x2", "avoid", "critical"),
    Row("dihydrocodeine", "CYP2D6 *1/*1", "contraindicated", "critical", years=9),
    Row("fosphenytoin", "HLA-B *15:02/*40:01", "consider-alternative", "critical", watch=("skin",)),
    Row("glipizide", "G6PD = Deficient", "consider-alternative", "info", watch=("haemolysis",)),
    Row("sodium nitrite", "G6PD = Deficient", "consider-alternative", "warning", watch=("haemolysis",)),
    # eyes open
    Row("belzutifan", "CYP2C19 *2/*3", "monitor", watch=("blood-count", "oxygen")),
    Row("meclizine", "CYP2D6 *4/*4", "monitor", watch=("side-effects", "response")),
    Row("meclizine", "CYP2D6 *1/*4", "monitor", watch=("side-effects", "response")),
    Row("meclizine", "CYP2D6 *1/*2x2", "monitor", watch=("side-effects", "response")),
    Row("tacrolimus", "CYP3A5 *1/*3", "monitor", watch=("drug-level",)),
    Row("irinotecan", "UGT1A1 *1/*28", "monitor", watch=("blood-count",)),
    Row(
        "seladelpar", "CYP2C9 *3/*3", "monitor", watch=("side-effects", "liver-tests"), beside=KETOCONAZOLE
    ),
    Row("bupivacaine", "G6PD = Deficient", "monitor", watch=("methaemoglobin",)),
    Row("prilocaine", "G6PD = Variable", "monitor", watch=("methaemoglobin",), route="topical"),
)  # fmt: skip

#: The words of the sources name no such person or dose: there is nothing to say.
QUIET_ROWS = (
    Row("aripiprazole", "CYP2D6 *1/*4", ""),
    Row("abrocitinib", "CYP2C19 *1/*2", ""),
    Row("abrocitinib", "CYP2C19 *2/*2", "", mg="50"),
    Row("atomoxetine", "CYP2D6 *4/*4", "", years=9, kg="30", mg="15"),
    Row("atomoxetine", "CYP2D6 *4/*4", "", kg="90", mg="40"),
    Row("belzutifan", "CYP2C19 *1/*2", ""),
    Row("brexpiprazole", "CYP2D6 *1/*1", "", beside=KETOCONAZOLE),
    Row("deuruxolitinib", "CYP2C9 *1/*3", ""),
    Row("dihydrocodeine", "CYP2D6 *1/*1", ""),
    Row("fosphenytoin", "HLA-B *07:02/*40:01", ""),
    Row("irinotecan", "UGT1A1 *1/*1", ""),
    Row("meclizine", "CYP2D6 *1/*1", ""),
    Row("nateglinide", "CYP2C9 *1/*3", ""),
    Row("oliceridine", "CYP2D6 *1/*4", ""),
    Row("pantoprazole", "CYP2C19 *2/*2", ""),
    Row("seladelpar", "CYP2C9 *3/*3", ""),
    Row("tacrolimus", "CYP3A5 *3/*3", ""),
    Row("venlafaxine", "CYP2D6 *1/*4", ""),
    Row("warfarin", "CYP2C9 *1/*1", ""),
    Row("warfarin", "VKORC1 -1639 GG", ""),
    Row("bupivacaine", "G6PD = Normal", ""),
    Row("glimepiride", "G6PD = Normal", ""),
)


def answer(row: Row, policy: Policy = LABEL_ONLY) -> Finding:
    gene, _, text = row.result.partition(" ")
    found = phenotype(gene, text[2:]) if text.startswith("= ") else genotype(gene, text)
    draft = order(row.drug, mg=row.mg or None)
    if row.route:
        draft = replace(draft, routes=frozenset({row.route}))
    who = person(
        row.years,
        weight_kg=Decimal(row.kg) if row.kg else None,
        medications=(row.beside,) if row.beside else (),
    )
    return judge(draft, found, who=who, policy=policy)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_answer_is_the_one_of_the_table_or_label(row: Row) -> None:
    found = answer(row)
    assert (found.action.value, found.urgency.value) == (row.action, row.loud)
    assert found.monitoring == row.watch
    dose = found.dose
    assert (str(dose.low) if dose and dose.low else "") == row.factor
    limit = dose.limit if dose else None
    assert (f"{limit.value} {limit.unit} {limit.period} {limit.kind}" if limit else "") == row.limit


@pytest.mark.parametrize("row", QUIET_ROWS, ids=str)
def test_whom_the_words_do_not_mean_gets_no_card(row: Row) -> None:
    assert answer(row).action in QUIET


@pytest.mark.parametrize("drug", ["desflurane", "isoflurane", "sevoflurane", "succinylcholine"])
@pytest.mark.parametrize("gene", ["RYR1", "CACNA1S"])
def test_a_trigger_is_contraindicated_for_who_is_susceptible(drug: str, gene: str) -> None:
    susceptible = phenotype(gene, "Malignant Hyperthermia Susceptibility")
    found = judge(order(drug), susceptible, policy=LABEL_ONLY)
    assert (found.action, found.urgency) == (Action.CONTRAINDICATED, Urgency.CRITICAL)
    uncertain = phenotype(gene, "Uncertain Susceptibility")
    assert judge(order(drug), uncertain, policy=LABEL_ONLY).action in QUIET


@pytest.mark.parametrize("drug", ["amikacin", "gentamicin", "plazomicin", "streptomycin", "tobramycin"])
def test_a_variant_for_deafness_asks_for_another_antibiotic(drug: str) -> None:
    found = judge(order(drug), genotype("MT-RNR1", "m.1555A>G"), policy=LABEL_ONLY)
    assert (found.action, found.urgency) == (Action.CONSIDER_ALTERNATIVE, Urgency.CRITICAL)


def test_methylene_blue_is_contraindicated_without_g6pd() -> None:
    deficient, variable = phenotype("G6PD", "Deficient"), phenotype("G6PD", "Variable")
    assert judge(order("methylene blue"), deficient, policy=LABEL_ONLY).action in (
        Action.CONTRAINDICATED,
        Action.ESCALATE,
    )
    assert judge(order("methylene blue"), variable, policy=LABEL_ONLY).action is Action.TEST_FIRST


# -- products of several ingredients ---------------------------------------------------------------------


def dextromethorphan(gene_text: str, *others: Ingredient) -> Finding:
    """What is said of dextromethorphan in a product that holds other ingredients, too."""
    ingredients = (Ingredient("dextromethorphan", "3289"), *others)
    draft = Order("MedicationRequest/1", ingredients, Identification.RXNORM, "a product")
    case = Case(person(), evidence(genotype("CYP2D6", gene_text)), (draft,))
    found = recommend(draft, case, knowledge(), LABEL_ONLY)
    (about,) = [finding for finding in found if finding.drug.name == "dextromethorphan"]
    return about


BUPROPION, QUINIDINE = Ingredient("bupropion", "42347"), Ingredient("quinidine", "9068")


def test_dextromethorphan_with_bupropion_is_halved_for_poor_metabolizers_only() -> None:
    found = dextromethorphan("*4/*4", BUPROPION)
    assert found.action is Action.REDUCE_DOSE
    assert found.dose is not None
    assert found.dose.low == Decimal("0.5")
    assert dextromethorphan("*1/*1", BUPROPION).action in QUIET


def test_dextromethorphan_with_quinidine_is_questioned_for_poor_metabolizers_only() -> None:
    found = dextromethorphan("*4/*4", QUINIDINE)
    assert (found.action, found.urgency) == (Action.CONSIDER_ALTERNATIVE, Urgency.INFO)
    assert dextromethorphan("*1/*1", QUINIDINE).action in QUIET


def test_plain_dextromethorphan_is_passed_over() -> None:
    assert dextromethorphan("*4/*4").action in QUIET


def test_tetracaine_counts_in_the_products_whose_labels_warn() -> None:
    deficient = evidence(phenotype("G6PD", "Deficient"))
    plain = Order("MedicationRequest/1", (Ingredient("tetracaine", "10391"),), Identification.RXNORM)
    both = replace(plain, ingredients=(*plain.ingredients, Ingredient("lidocaine", "6387")))
    actions = [
        recommend(draft, Case(person(), deficient, (draft,)), knowledge(), LABEL_ONLY)[0].action
        for draft in (plain, both)
    ]
    assert actions == [Action.NO_RECOMMENDATION, Action.MONITOR]


# -- beside other bodies -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("drug", "result", "body"),
    [
        ("atomoxetine", "CYP2D6 *4/*4", "CPIC"),
        ("tacrolimus", "CYP3A5 *1/*1", "CPIC"),
        ("aripiprazole", "CYP2D6 *4/*4", "DPWG"),
        ("gentamicin", "MT-RNR1 m.1555A>G", "CPIC"),
        ("abrocitinib", "CYP2C19 *2/*2", "FDA"),
    ],
)
def test_fda_comes_last_where_a_guideline_speaks(drug: str, result: str, body: str) -> None:
    found = answer(Row(drug, result, ""), Policy())
    assert found.guideline is not None
    assert body in found.guideline.name


def test_a_sulfonylurea_that_cpic_calls_safe_stays_quiet() -> None:
    """CPIC names a low risk at usual doses; the caution of the old labels does not come back through FDA."""
    assert answer(Row("glyburide", "G6PD = Deficient", ""), Policy()).action in QUIET
    assert answer(Row("glyburide", "G6PD = Deficient", "")).action is Action.CONSIDER_ALTERNATIVE


def test_deuruxolitinib_asks_for_the_genotype_first() -> None:
    found = judge(order("deuruxolitinib"))
    assert found.action is Action.TEST_FIRST
