"""Where reading this content has gone wrong elsewhere: one test a trap, from text or code to the answer."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest

from cds_service.core.actions import Action
from cds_service.core.diplotype import GenotypeKind, ParsedGenotype, parse_genotype
from cds_service.core.drug_identity import DrugConcept, DrugIdentity, identify_drug
from cds_service.core.finding import Finding
from cds_service.core.match import Outcome
from cds_service.core.model import RXNORM, Coding, Identification, Order
from cds_service.core.phenotype import GeneState, states_of
from cds_service.core.recommend import Case, Policy, recommend
from tests.builders import (
    DEPRESSION,
    STENT,
    STROKE,
    evidence,
    genotype,
    judge,
    knowledge,
    order,
    person,
    phenotype,
)

NOT_CF_ALONE = "with-correctors"


def read(gene: str, text: str) -> ParsedGenotype:
    return parse_genotype(text, knowledge().genes[gene])


def states(gene: str, text: str) -> list[GeneState]:
    """Every state the text may stand for."""
    return [state for one in read(gene, text).diplotypes for state in states_of(one, knowledge().genes[gene])]


def classes(gene: str, text: str) -> list[str]:
    return [state.phenotype for state in states(gene, text)]


def scores(gene: str, text: str) -> list[str]:
    return [str(state.score) for state in states(gene, text)]


def only(body: str) -> Policy:
    return Policy(sources=(body,), recommended_tests=False)


def offered(found: Finding) -> set[str]:
    return {choice.alternative.name for choice in found.offered}


# -- names of alleles -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Named:
    """A text of a laboratory, and the only class it may be read into."""

    trap: str
    gene: str
    text: str
    phenotype: str

    def __str__(self) -> str:
        return f"{self.trap}: {self.gene} {self.text} -> {self.phenotype or 'nothing'}"


NM, IM, PM = "Normal Metabolizer", "Intermediate Metabolizer", "Poor Metabolizer"
MEDITERRANEAN = "Mediterranean, Dallas, Panama, Sassari, Cagliari, Birmingham"
NAMED = (
    Named("the reference sequence is a star allele of its own", "CYP2C19", "*38/*38", NM),
    Named("the reference sequence is a star allele of its own", "CYP2C19", "*1/*38", NM),
    Named("two forms of one allele", "SLCO1B1", "*1/*45.001", "Decreased Function"),
    Named("two forms of one allele", "SLCO1B1", "*1/*45.002", "Decreased Function"),
    Named("two forms of one allele", "SLCO1B1", "*1/*45", "Decreased Function"),
    Named("a name that became a suballele of another", "NUDT15", "*1/*2", IM),
    Named("the allele it became a suballele of", "NUDT15", "*1/*3", IM),
    Named("a suballele is its core allele", "CYP2D6", "CYP2D6*4.024/*2", IM),
    Named("a comma inside a name", "DPYD", "Reference/c.1129-5923C>G, c.1236G>A (HapB3)", IM),
    Named("commas inside a name", "G6PD", f"{MEDITERRANEAN} hemizygous", "Deficient"),
    Named("commas and a slash", "G6PD", f"{MEDITERRANEAN}/B (reference)", "Variable"),
    Named("a comma inside a name", "CFTR", "F508C,S1251N/F508del", "ivacaftor responsive in CF patients"),
    Named("two names of one variant", "DPYD", "*2A/*1", IM),
    Named("a letter behind the star belongs to it", "TPMT", "*1/*3A", IM),
    Named("heterozygous for both, on two chromosomes", "TPMT", "*3B/*3C", PM),
    Named("a variant that is no allele of the guideline does no harm", "DPYD", "c.85T>C/c.85T>C", NM),
)  # fmt: skip


@pytest.mark.parametrize("row", NAMED, ids=str)
def test_a_name_means_its_allele(row: Named) -> None:
    assert classes(row.gene, row.text) == [row.phenotype]


@pytest.mark.parametrize(
    ("gene", "text"),
    [
        pytest.param("UGT1A1", "*1/*60", id="an allele that is not in the table is not the reference"),
        pytest.param("CYP2C9", "*4/*35B", id="a name that never existed"),
        pytest.param("CYP2D6", "*1/*999", id="an allele named after the table was made"),
        pytest.param("DPYD", "[c.1905+1G>A + c.2846A>T]/Reference", id="two variants on one strand"),
        pytest.param("MT-RNR1", "m.1555A>G/Reference", id="two alleles of a gene one inherits once"),
    ],
)
def test_what_the_table_lacks_is_never_read_as_normal(gene: str, text: str) -> None:
    found = read(gene, text)
    assert found.kind is GenotypeKind.NOT_TRANSLATABLE
    assert [state for state in states(gene, text) if state.usual] == []


# -- strands ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gene", "gene_strand", "plus_strand", "phenotype"),
    [
        ("VKORC1", "-1639 G/A", "rs9923231 C/T", "-1639 AG"),
        ("VKORC1", "-1639 A/A", "rs9923231 T/T", "-1639 AA"),
        ("VKORC1", "-1639 G/G", "rs9923231 C/C", "-1639 GG"),
        ("ABCG2", "c.421 C/A", "rs2231142 G/T", "Decreased Function"),
        ("ABCG2", "c.421 A/A", "rs2231142 T/T", "Poor Function"),
        ("SLCO1B1", "c.521 T/C", "rs4149056 T/C", "Decreased Function"),  # the plus strand: the same letters
    ],
)
def test_letters_of_both_strands_mean_one_genotype(
    gene: str, gene_strand: str, plus_strand: str, phenotype: str
) -> None:
    """Genes on the minus strand are written with complemented letters in a VCF."""
    assert classes(gene, gene_strand) == classes(gene, plus_strand) == [phenotype]


def test_the_warfarin_variant_of_cyp4f2_is_one_on_both_strands() -> None:
    assert read("CYP4F2", "c.1297 G/A").diplotypes == read("CYP4F2", "rs2108622 C/T").diplotypes != ()


# -- activity values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "score"),
    [
        pytest.param("*1/*41", "1.25", id="*41 counts a quarter, not a half"),
        pytest.param("*1/*9", "1.25", id="*9 counts a quarter, not a half"),
        pytest.param("*1/*10", "1.25", id="*10 counts a quarter"),
        pytest.param("*1/*17", "1.5", id="*17 counts a half"),
        pytest.param("*1/*4x2", "1.0", id="copies of an allele without function add nothing"),
        pytest.param("*1/*4xN", "1.0", id="nor does an unknown number of them"),
        pytest.param("*1x2/*4", "2.0", id="copies of an active allele count"),
        pytest.param("*1/*36+*10", "1.25", id="a tandem is one allele"),
        pytest.param("*1/*10+*36", "1.25", id="in either order"),
        pytest.param("*1/*68+*4", "1.0", id="a tandem without function"),
        pytest.param("*1/*13+*2", "2.0", id="a hybrid before an active allele"),
        pytest.param("*5/*5", "0.0", id="0 is a score, not a missing one"),
    ],
)
def test_a_cyp2d6_score(text: str, score: str) -> None:
    assert scores("CYP2D6", text) == [score]


def test_three_copies_of_which_allele_is_an_open_question() -> None:
    assert sorted(scores("CYP2D6", "*1/*4, 3 copies")) == ["1.0", "2.0"]


def test_an_unstated_number_of_active_copies_may_be_ultrarapid() -> None:
    assert classes("CYP2D6", "*1xN/*4") == [NM, "Ultrarapid Metabolizer"]


@pytest.mark.parametrize("text", ["*1/*22", "*1x2/*22", "*4/*22"])
def test_one_allele_without_a_value_leaves_the_whole_pair_without_a_score(text: str) -> None:
    assert (classes("CYP2D6", text), scores("CYP2D6", text)) == (["Indeterminate"], ["None"])


def test_two_and_a_half_is_ultrarapid_for_cpic_and_normal_for_dpwg() -> None:
    result = genotype("CYP2D6", "*1x2/*17")
    cpic, dpwg = (judge(order("codeine"), result, policy=only(body)) for body in ("cpic", "dpwg"))
    assert cpic.action is Action.AVOID
    assert dpwg.action in (Action.STANDARD, Action.NO_RECOMMENDATION)


# -- classes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "phenotype"),
    [
        ("*1/*17", "Rapid Metabolizer"),
        ("*17/*17", "Ultrarapid Metabolizer"),
        ("*2/*17", IM),  # a gain does not make up for a loss
        ("*1/*9", "Likely Intermediate Metabolizer"),
        ("*9/*17", "Likely Intermediate Metabolizer"),
        ("*2/*9", "Likely Poor Metabolizer"),
    ],
)
def test_cyp2c19_has_eight_classes(text: str, phenotype: str) -> None:
    assert classes("CYP2C19", text) == [phenotype]


@pytest.mark.parametrize(("text", "as_if"), [("*1/*9", "*1/*2"), ("*2/*9", "*2/*2")])
def test_likely_classes_get_the_advice_of_the_class_they_are_likely_to_be(text: str, as_if: str) -> None:
    draft = order("clopidogrel", reason=STENT)
    likely, sure = (judge(draft, genotype("CYP2C19", one)) for one in (text, as_if))
    assert likely.action is sure.action is Action.AVOID
    assert likely.rules != sure.rules


def test_decreased_beside_normal_is_normal_for_both_thiopurine_genes() -> None:
    assert classes("NUDT15", "*1/*5") == classes("TPMT", "*1/*8") == [NM]


def test_decreased_beside_none_is_poor_in_one_thiopurine_gene_and_intermediate_in_the_other() -> None:
    assert (classes("NUDT15", "*3/*5"), classes("TPMT", "*3A/*8")) == ([PM], [IM])


def test_a_woman_with_one_deficient_g6pd_allele_is_variable_and_not_normal() -> None:
    """Genotype cannot tell the activity: the enzyme has to be measured."""
    assert classes("G6PD", "A- 202A_376G/B") == ["Variable"]
    assert classes("G6PD", "A- 202A_376G hemizygous") == ["Deficient"]
    assert judge(order("tafenoquine"), genotype("G6PD", "A- 202A_376G/B")).action is Action.TEST_FIRST


def test_a_function_nobody_assigned_is_indeterminate_and_not_normal() -> None:
    unassigned = [name for name, one in knowledge().genes["CYP2C9"].alleles.items() if one.function is None]
    assert unassigned
    for name in unassigned:
        assert classes("CYP2C9", f"*1/{name}") == ["Indeterminate"]


def test_a_transplant_patient_with_normal_cyp3a5_needs_more_and_not_the_usual_dose() -> None:
    """The usual dose is made for people without this enzyme."""
    assert judge(order("tacrolimus"), genotype("CYP3A5", "*1/*1")).action is Action.INCREASE_DOSE
    assert judge(order("tacrolimus"), genotype("CYP3A5", "*3/*3")).action is Action.STANDARD


# -- not tested, no call, indeterminate --------------------------------------------------------------------


def test_no_result_and_no_call_and_indeterminate_are_three_things() -> None:
    draft = order("codeine")
    nothing, no_call = judge(draft), judge(draft, genotype("CYP2D6", "no call"))
    unclear, stated = (
        judge(draft, one) for one in (genotype("CYP2D6", "*1/*22"), phenotype("CYP2D6", "Indeterminate"))
    )
    assert [one.outcome for one in (nothing, no_call, unclear, stated)] == [
        Outcome.NOT_TESTED,
        Outcome.NO_CALL,
        Outcome.GUIDANCE,
        Outcome.GUIDANCE,
    ]
    assert unclear.rules == stated.rules == ("codeine-cpic-cyp2d6-indeterminate",)
    assert Action.STANDARD not in {one.action for one in (nothing, no_call, unclear, stated)}


def test_a_second_gene_without_result_is_not_a_normal_one() -> None:
    draft = order("azathioprine")
    one = judge(draft, genotype("TPMT", "*1/*1"))
    both = judge(draft, genotype("TPMT", "*1/*1"), genotype("NUDT15", "*1/*1"))
    assert one.rules != both.rules


@pytest.mark.parametrize("text", [None, "*15:02 positive"], ids=["no typing", "another allele was looked at"])
def test_an_hla_allele_nobody_looked_for_is_not_absent(text: str | None) -> None:
    found = judge(order("abacavir"), *([genotype("HLA-B", text)] if text else []))
    assert (found.outcome, found.action) == (Outcome.NOT_TESTED, Action.TEST_FIRST)


def test_an_hla_allele_is_absent_where_both_alleles_are_others() -> None:
    looked_for = ("*15:02", "*15:11", "*57:01", "*58:01")
    assert read("HLA-B", "*57:03/*15:01").presence == dict.fromkeys(looked_for, False)


# -- rules --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("drug", ["capecitabine", "fluorouracil"])
@pytest.mark.parametrize("text", ["*2A/*2A", "*2A/HapB3", "*2A/*1", "HapB3/*1"])
def test_dpwg_speaks_about_every_score_of_a_fluoropyrimidine(drug: str, text: str) -> None:
    """Its keys have a word behind the score; joined letter by letter only the normal one is found."""
    found = judge(order(drug), genotype("DPYD", text), policy=only("dpwg"))
    assert found.action not in (Action.STANDARD, Action.NO_RECOMMENDATION)


def test_siponimod_goes_by_the_pair_of_alleles_and_not_by_the_score() -> None:
    same_score = {text: scores("CYP2C9", text) for text in ("*1/*3", "*2/*2")}
    assert same_score == {"*1/*3": ["1.0"], "*2/*2": ["1.0"]}
    found = {
        text: judge(order("siponimod"), genotype("CYP2C9", text)).action for text in (*same_score, "*3/*3")
    }
    assert found == {
        "*1/*3": Action.CAP_DOSE,
        "*2/*2": Action.STANDARD,
        "*3/*3": Action.CONTRAINDICATED,
    }


def test_the_half_of_a_tricyclic_is_that_of_the_steady_state_dose() -> None:
    """Not of the low dose of the first days, which the text calls by another name."""
    results = genotype("CYP2D6", "*4/*10"), genotype("CYP2C19", "*1/*1")
    dose = judge(order("amitriptyline", reason=DEPRESSION), *results).dose
    assert dose is not None
    assert (dose.low, dose.basis) == (Decimal("0.75"), "steady-state dose")


def test_a_limit_below_20_mg_leaves_20_mg_out() -> None:
    dose = judge(order("simvastatin", mg="20"), genotype("SLCO1B1", "*1/*5"), policy=only("cpic")).dose
    assert dose is not None and dose.limit is not None
    assert (dose.limit.value, dose.limit.unit, dose.limit.below) == (Decimal(20), "mg", True)


@pytest.mark.parametrize(
    ("drug", "result", "unsuitable"),
    [
        ("codeine", genotype("CYP2D6", "*4/*4"), {"tramadol"}),
        ("codeine", genotype("CYP2D6", "*1/*2x2"), {"tramadol"}),
        ("gentamicin", genotype("MT-RNR1", "m.1555A>G"), {"amikacin", "tobramycin", "streptomycin"}),
        ("azathioprine", genotype("TPMT", "*3A/*3A"), {"mercaptopurine", "thioguanine"}),
        ("capecitabine", genotype("DPYD", "*2A/*2A"), {"fluorouracil", "tegafur"}),
        (
            "oxcarbazepine",
            genotype("HLA-B", "*15:02 positive"),
            {"carbamazepine", "phenytoin", "fosphenytoin"},
        ),
    ],
)
def test_a_drug_of_the_same_kind_is_no_replacement(drug: str, result: object, unsuitable: set[str]) -> None:
    found = judge(order(drug), result)  # type: ignore[arg-type]
    assert found.action not in (Action.STANDARD, Action.NO_RECOMMENDATION)
    assert offered(found) & unsuitable == set()


def test_prasugrel_is_named_for_a_stent_and_never_after_a_stroke() -> None:
    """One text names it for stent and stroke together, another calls it contraindicated after a stroke."""
    draft, poor = order("clopidogrel", reason=STENT), genotype("CYP2C19", "*2/*2")
    assert "prasugrel" in offered(judge(draft, poor))
    assert "prasugrel" not in offered(judge(draft, poor, who=person(60, problems=[STROKE])))
    for body in ("cpic", "dpwg"):
        found = judge(order("clopidogrel", reason=STROKE), poor, policy=only(body))
        assert "prasugrel" not in offered(found)


# -- codes and names of drugs -------------------------------------------------------------------------------


def by_code(code: str) -> DrugIdentity:
    return identify_drug(DrugConcept((Coding(RXNORM, code),)), knowledge().drug_codes)


def by_name(name: str) -> DrugIdentity:
    return identify_drug(DrugConcept(texts=(name,)), knowledge().drug_codes)


def looked_up(drug: DrugIdentity) -> set[str]:
    """The drugs an order is judged by: those the knowledge has, unless the route keeps them local."""
    found = knowledge().drugs_in(tuple(drug.ingredients))
    return {one.name for one in found if not (drug.routes and drug.routes <= one.local_routes)}


@pytest.mark.parametrize(
    ("code", "drugs"),
    [
        pytest.param("993781", {"codeine"}, id="the second ingredient of a tablet"),
        pytest.param("994239", {"aspirin", "codeine"}, id="two of four ingredients"),
        pytest.param("1546894", {"abacavir"}, id="a brand of three"),
        pytest.param("597987", {"atorvastatin"}, id="the one behind in the alphabet"),
        pytest.param("484211", {"simvastatin"}, id="a combination without strength and form"),
        pytest.param("757968", {"lansoprazole"}, id="a pack"),
        pytest.param("236991", {"clopidogrel"}, id="a salt"),
        pytest.param("174742", {"clopidogrel"}, id="a brand name"),
        pytest.param("855334", {"warfarin"}, id="a retired code is still sent"),
        pytest.param("1099681", {"valproate"}, id="acid and base are one drug"),
        pytest.param("11118", {"valproate"}, id="the code other lists have for the acid"),
        pytest.param("266856", {"valproate"}, id="the code of the double salt"),
        pytest.param("795772", {"lamotrigine"}, id="a pack named after another drug"),
        pytest.param("734064", set(), id="a name within a name is another drug"),
        pytest.param("106351", set(), id="a silver salt is another drug"),
        pytest.param("541778", set(), id="a slip of an old release"),
        pytest.param("154", {"acenocoumarol"}, id="a drug without a product there"),
        pytest.param("1719777", {"irinotecan"}, id="a liposome"),
        pytest.param("1791701", {"fluorouracil"}, id="an infusion"),
        pytest.param("105583", set(), id="a cream of the same strength"),
        pytest.param("1870650", {"gentamicin"}, id="an injection"),
        pytest.param("310467", set(), id="eye drops"),
        pytest.param("206511", set(), id="ear drops"),
        pytest.param("701858", set(), id="a gel for the skin"),
    ],
)
def test_a_code_leads_to_the_drugs_it_holds(code: str, drugs: set[str]) -> None:
    assert looked_up(by_code(code)) == drugs


@pytest.mark.parametrize(
    ("name", "drugs"),
    [
        ("desvenlafaxine 50 mg", set()),
        ("fosphenytoin 500 mg", {"fosphenytoin"}),
        ("escitalopram 10 mg", {"escitalopram"}),
        ("dihydrocodeine", {"dihydrocodeine"}),
        ("Lamictal Blue (For Patients Taking Valproate)", {"lamotrigine"}),
    ],
)
def test_a_name_within_another_name_is_not_found(name: str, drugs: set[str]) -> None:
    assert looked_up(by_name(name)) == drugs


@pytest.mark.parametrize(
    ("code", "alone"),
    [
        pytest.param("1243052", True, id="one drug alone"),
        pytest.param("1655928", False, id="with one corrector"),
        pytest.param("2257013", False, id="pack with two correctors"),
    ],
)
def test_the_ivacaftor_guideline_is_about_ivacaftor_alone(code: str, alone: bool) -> None:
    drug = by_code(code)
    draft = Order(
        "MedicationRequest/1", tuple(drug.ingredients), Identification.RXNORM, code, routes=drug.routes
    )
    case = Case(person(20), evidence(genotype("CFTR", "F508del/F508del")), (draft,))
    (found,) = recommend(draft, case, knowledge(), only("cpic"))
    assert (found.action, found.condition) == (
        (Action.AVOID, "") if alone else (Action.STANDARD, NOT_CF_ALONE)
    )
