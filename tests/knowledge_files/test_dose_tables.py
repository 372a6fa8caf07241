"""Tables of labels against the rules that decide: never two answers, and each as the label has it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import product

import pytest

from cds_service.core.actions import Action
from cds_service.core.calculator import Calculation
from cds_service.core.case import Case
from cds_service.core.decide import decide, facts_of
from cds_service.core.finding import Finding
from cds_service.core.model import Administration, Ingredient, Patient
from cds_service.core.recommend import Policy, recommend
from cds_service.core.urgency import Urgency
from tests.builders import evidence, genotype, judge, knowledge, order, person

PAROXETINE, DULOXETINE = Ingredient("paroxetine", "32937"), Ingredient("duloxetine", "72625")
CELECOXIB, KETOCONAZOLE = Ingredient("celecoxib", "140587"), Ingredient("ketoconazole", "6135")
FLUCONAZOLE, RIFAMPIN = Ingredient("fluconazole", "4450"), Ingredient("rifampin", "9384")
MODAFINIL, CILOSTAZOL = Ingredient("modafinil", "30125"), Ingredient("cilostazol", "21107")
CIRRHOSIS, LIVER_FAILURE, FATTY_LIVER = "19943007", "59927004", "K76.0"
KIDNEY, DIALYSIS = "N18.3", "Z99.2"

NORMAL, INTERMEDIATE, POOR = "*1/*1", "*4/*41", "*4/*4"


def judged(drug: str, gene: str, text: str, who: Patient) -> tuple[Finding, Calculation]:
    """What the label's rules decide, and what its table says."""
    draft = order(drug)
    case = Case(who, evidence(genotype(gene, text)), (draft,))
    found = decide(knowledge().drugs[drug], draft, case, knowledge(), Policy(sources=("fda",)))
    states = {gene: only} if (only := case.evidence[gene].only) else {}
    table = knowledge().calculators[f"{drug}-label"]
    return found, table.calculate(facts_of(draft, case, knowledge()), states)


def people(drugs: list[tuple[Ingredient, ...]], problems: list[tuple[str, ...]]) -> Iterator[Patient]:
    for taken, had in product(drugs, problems):
        yield person(medications=taken, problems=had)


def agree(found: Finding, table: Calculation, usual: Decimal) -> None:
    says = {
        "contraindicated": {Action.CONTRAINDICATED},
        "avoid": {Action.AVOID},
        "": {Action.STANDARD} if table.low == usual else {Action.CAP_DOSE},
    }
    assert found.action in says[table.refused], (found.action, table)
    if found.action is Action.CAP_DOSE:
        assert found.dose is not None and found.dose.limit is not None
        assert table.low == found.dose.limit.value


@pytest.mark.parametrize("text", [NORMAL, INTERMEDIATE, POOR])
def test_the_table_of_eliglustat_and_its_rules_give_one_answer(text: str) -> None:
    d6: list[tuple[Ingredient, ...]] = [(), (PAROXETINE,), (CELECOXIB,)]
    a3: list[tuple[Ingredient, ...]] = [(), (KETOCONAZOLE,), (FLUCONAZOLE,), (CILOSTAZOL,)]
    inducer: list[tuple[Ingredient, ...]] = [(), (RIFAMPIN,)]
    liver: list[tuple[str, ...]] = [(), (FATTY_LIVER,), (CIRRHOSIS,), (LIVER_FAILURE,)]
    kidney: list[tuple[str, ...]] = [(), (KIDNEY,), (DIALYSIS,)]
    taken = [one + two + three for one, two, three in product(d6, a3, inducer)]
    seen = set()
    for who in people(taken, [one + two for one, two in product(liver, kidney)]):
        found, table = judged("eliglustat", "CYP2D6", text, who)
        agree(found, table, Decimal(168))
        seen.add(found.action)
    assert seen >= {Action.CONTRAINDICATED, Action.AVOID, Action.CAP_DOSE}


@pytest.mark.parametrize("text", ["*1/*1", "*1/*2", "*2/*2", "*1/*3", "*2/*3", "*3/*3"])
def test_the_table_of_siponimod_and_its_rules_give_one_answer(text: str) -> None:
    taken = [(), (FLUCONAZOLE,), (KETOCONAZOLE,), (RIFAMPIN,), (MODAFINIL,), (FLUCONAZOLE, MODAFINIL)]
    for who in people(taken, [()]):
        found, table = judged("siponimod", "CYP2C9", text, who)
        agree(found, table, Decimal(2))


# Worked out by hand from the label's tables of doses, contraindications and interactions.
@pytest.mark.parametrize(
    ("text", "taken", "problems", "action"),
    [
        (NORMAL, (), (), Action.STANDARD),
        (NORMAL, (PAROXETINE,), (), Action.CAP_DOSE),
        (NORMAL, (DULOXETINE,), (), Action.CAP_DOSE),
        (NORMAL, (KETOCONAZOLE,), (), Action.CAP_DOSE),
        (NORMAL, (FLUCONAZOLE,), (), Action.CAP_DOSE),
        (NORMAL, (CILOSTAZOL,), (), Action.STANDARD),
        (NORMAL, (PAROXETINE, FLUCONAZOLE), (), Action.CONTRAINDICATED),
        (NORMAL, (CILOSTAZOL,), (CIRRHOSIS,), Action.CAP_DOSE),
        (NORMAL, (PAROXETINE,), (CIRRHOSIS,), Action.CONTRAINDICATED),
        (NORMAL, (), (KIDNEY,), Action.STANDARD),
        (NORMAL, (), (DIALYSIS,), Action.AVOID),
        (NORMAL, (RIFAMPIN,), (), Action.AVOID),
        (INTERMEDIATE, (), (), Action.STANDARD),
        (INTERMEDIATE, (DULOXETINE,), (), Action.CAP_DOSE),
        (INTERMEDIATE, (FLUCONAZOLE,), (), Action.AVOID),
        (INTERMEDIATE, (KETOCONAZOLE,), (), Action.CONTRAINDICATED),
        (INTERMEDIATE, (PAROXETINE, FLUCONAZOLE), (), Action.CONTRAINDICATED),
        (INTERMEDIATE, (), (CIRRHOSIS,), Action.CONTRAINDICATED),
        (INTERMEDIATE, (), (KIDNEY,), Action.AVOID),
        (POOR, (), (), Action.CAP_DOSE),
        (POOR, (PAROXETINE,), (), Action.CAP_DOSE),
        (POOR, (CILOSTAZOL,), (), Action.AVOID),
        (POOR, (KETOCONAZOLE,), (), Action.CONTRAINDICATED),
        ("*1/*1x3", (), (), Action.AVOID),
    ],
)
def test_eliglustat_as_its_label_has_it(
    text: str, taken: tuple[Ingredient, ...], problems: tuple[str, ...], action: Action
) -> None:
    found = judge(
        order("eliglustat"), genotype("CYP2D6", text), who=person(medications=taken, problems=problems)
    )
    assert found.action is action


def test_what_each_input_of_the_table_changes_is_told() -> None:
    who = person(medications=(PAROXETINE,))
    (found,) = judge(order("eliglustat"), genotype("CYP2D6", NORMAL), who=who).calculations
    assert (found.low, found.doses) == (Decimal(84), 1)
    told = {item.name: item.effect for item in found.inputs}
    assert told == {"CYP2D6": Decimal(0), "cyp2d6-inhibitor": Decimal(-84)}


def test_siponimod_begins_with_the_steps_for_its_maintenance_dose() -> None:
    (found,) = judge(order("siponimod", mg="2"), genotype("CYP2C9", "*1/*3")).calculations
    assert (found.low, found.doses) == (Decimal(1), 1)
    assert found.steps == tuple(map(Decimal, ("0.25", "0.25", "0.5", "0.75")))
    assert {item.name: item.effect for item in found.inputs} == {"CYP2C9": Decimal(-1)}


def test_a_draft_in_the_rhythm_of_the_table_is_offered_its_dose() -> None:
    once_two = Administration(Decimal(2), "mg", 1)
    found = judge(order("siponimod", mg="2", administration=once_two), genotype("CYP2C9", "*1/*3"))
    assert found.proposal is not None
    assert found.proposal.exact == Decimal(1)


def test_a_draft_of_twice_a_day_is_not_halved_where_the_table_says_once() -> None:
    """Half a capsule twice a day would be the same amount, and cannot be given."""
    twice = Administration(Decimal(84), "mg", 2)
    found = judge(order("eliglustat", mg="168", administration=twice), genotype("CYP2D6", POOR))
    assert (found.action, found.proposal) == (Action.CAP_DOSE, None)


def test_the_inhibitor_is_named_with_what_it_makes_of_the_result() -> None:
    who = person(medications=(PAROXETINE,))
    found = judge(order("eliglustat"), genotype("CYP2D6", NORMAL), who=who)
    state = found.genes[0].state
    assert state is not None
    assert (state.tested_as, state.phenotype) == ("Normal Metabolizer", "Poor Metabolizer")
    assert state.changed_by == "paroxetine"


def test_an_inhibitor_of_the_same_session_counts_too() -> None:
    """The two together are what the label forbids, in whatever order they are drafted."""
    eliglustat, other = order("eliglustat"), order("fluoxetine")
    other = type(other)("MedicationRequest/2", other.ingredients)
    case = Case(person(medications=(FLUCONAZOLE,)), evidence(genotype("CYP2D6", NORMAL)), (eliglustat, other))
    (found,) = recommend(eliglustat, case, knowledge(), Policy())
    assert found.action is Action.CONTRAINDICATED


def test_an_inhibitor_ordered_while_eliglustat_runs_is_what_to_change() -> None:
    eliglustat = Ingredient("eliglustat", "1547220")
    draft = order("paroxetine")
    who = person(medications=(eliglustat, FLUCONAZOLE))
    case = Case(who, evidence(genotype("CYP2D6", NORMAL)), (draft,))
    found = [one for one in recommend(draft, case, knowledge(), Policy()) if one.comedication]
    assert [(one.comedication, one.action, one.urgency) for one in found] == [
        ("eliglustat", Action.AVOID, Urgency.CRITICAL)
    ]


def test_an_inhibitor_of_an_enzyme_nobody_tests_counts_while_eliglustat_runs() -> None:
    """CYP3A has no result, and the label names it all the same."""
    draft = order("voriconazole")
    who = person(medications=(Ingredient("eliglustat", "1547220"),))
    case = Case(who, evidence(genotype("CYP2D6", INTERMEDIATE)), (draft,))
    found = [one for one in recommend(draft, case, knowledge(), Policy()) if one.comedication]
    assert [(one.comedication, one.action) for one in found] == [("eliglustat", Action.AVOID)]


def test_a_site_that_orders_the_bodies_itself_is_followed() -> None:
    who = person(medications=(KETOCONAZOLE,))
    found = judge(
        order("eliglustat"), genotype("CYP2D6", INTERMEDIATE), who=who, policy=Policy(sources=("dpwg", "fda"))
    )
    assert (found.action, found.rules) == (Action.REDUCE_OR_SWITCH, ("eliglustat-dpwg-cyp2d6-0-25-to-0-75",))
    assert [(one.guideline.source, one.action) for one in found.others] == [("fda", Action.CONTRAINDICATED)]
