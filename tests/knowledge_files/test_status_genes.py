"""Genes of which one asks whether a variant is there, and tests before the first dose."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.core.actions import Action
from cds_service.core.evidence import ReportedResult, ResultKind
from cds_service.core.urgency import Urgency
from cds_service.core.weigh import ResultState
from tests.builders import evidence, genotype, judge, order, person, phenotype
from tests.requests_made import call, draft
from tests.requests_made import genotype as reported

DRAVET, EPILEPSY, CONTRACEPTION, ALZHEIMER = "230437002", "84757009", "13197004", "26929004"
DELAY, STROKE, HEALTHY = "248290002", "422504002", person(30)
SELECT = "/cds-services/pgx-order-select"
BLOCKERS = (
    "carbamazepine",
    "oxcarbazepine",
    "eslicarbazepine",
    "phenytoin",
    "fosphenytoin",
    "lamotrigine",
    "lacosamide",
)


def variant(gene: str, allele: str = "", *, significance: str = "", **more: Any) -> ReportedResult:
    """A variant that a laboratory reports by itself; found unless said otherwise."""
    values = {"present": True, "text": f"{gene} {allele}", **more}
    return ReportedResult(
        gene,
        ResultKind.VARIANT,
        source=f"Observation/{gene}{allele}{values['present']}",
        allele=allele,
        significance=significance,
        **values,
    )


def classes(*results: ReportedResult) -> list[str]:
    """All classes the results of one gene leave possible."""
    return [state.phenotype for state in evidence(*results)[results[0].gene].possible]


@pytest.mark.parametrize("text", ["e4/e4", "E4/E4", "ε4/ε4", "APOE e4/e4", "ε4 homozygous", "APOE4/APOE4"])
def test_two_e4_alleles_in_every_spelling(text: str) -> None:
    assert classes(genotype("APOE", text)) == ["Two e4 alleles"]


@pytest.mark.parametrize(("text", "term"), [("ε3/ε4", "One e4 allele"), ("e2/e3", "No e4 allele")])
def test_e4_alleles_are_counted(text: str, term: str) -> None:
    assert classes(genotype("APOE", text)) == [term]


@pytest.mark.parametrize(
    "text",
    [
        "Factor V Leiden heterozygous",
        "rs6025 C/T",
        "rs6025 G/A",
        "c.1601G>A heterozygous",
        "R506Q heterozygous",
    ],
)
def test_factor_v_leiden_in_every_spelling(text: str) -> None:
    assert classes(genotype("F5", text)) == ["Factor V Leiden heterozygous"]


def test_factor_v_leiden_counts_where_the_number_of_copies_is_not_said() -> None:
    assert classes(genotype("F5", "F5 c.1601G>A (p.Arg534Gln)")) == ["Factor V Leiden, copies not stated"]
    assert classes(variant("F5", "Factor V Leiden")) == ["Factor V Leiden, copies not stated"]


@pytest.mark.parametrize("text", ["Negative", "Factor V Leiden not detected", "rs6025 C/C", "wild type"])
def test_no_factor_v_leiden(text: str) -> None:
    found = judge(order("ethinyl estradiol"), genotype("F5", text), who=HEALTHY)
    assert found.action is Action.NO_RECOMMENDATION


def test_another_variant_of_f5_is_not_factor_v_leiden() -> None:
    found = evidence(variant("F5", "c.2401C>T", significance="pathogenic", zygosity="heterozygous"))["F5"]
    assert (found.state, found.possible) == (ResultState.NOT_TRANSLATABLE, ())


@pytest.mark.parametrize("significance", ["uncertain", "likely benign", "benign"])
@pytest.mark.parametrize(("gene", "allele"), [("SCN1A", "c.3067A>G"), ("POLG", "c.1399G>A")])
def test_what_is_not_called_pathogenic_never_counts(gene: str, allele: str, significance: str) -> None:
    result = variant(gene, allele, significance=significance, zygosity="homozygous")
    assert classes(result) == ["No pathogenic variant"]


def test_a_variant_of_which_nothing_is_said_is_neither_harmless_nor_pathogenic() -> None:
    found = evidence(variant("SCN1A", "c.5A>G"))["SCN1A"]
    assert (found.state, found.possible) == (ResultState.NOT_TRANSLATABLE, ())


def test_pathogenic_variants_of_polg_are_counted() -> None:
    first = variant("POLG", "c.99A>G", significance="likely pathogenic", zygosity="heterozygous")
    second = variant("POLG", "c.2243G>C", zygosity="heterozygous")
    assert classes(first) == ["One pathogenic variant"]
    assert classes(first, second) == ["Two pathogenic variants"]
    assert classes(variant("POLG", significance="pathogenic")) == ["Pathogenic variant, copies not stated"]


def test_found_by_one_laboratory_and_not_by_another_is_a_conflict() -> None:
    denied = variant("SCN1A", present=False)
    found = variant("SCN1A", "c.664C>T", significance="pathogenic", zygosity="heterozygous")
    assert evidence(found, denied)["SCN1A"].state is ResultState.CONFLICT
    assert judge(order("phenytoin"), found, denied).action is Action.RESOLVE_CONFLICT


@pytest.mark.parametrize("drug", BLOCKERS)
def test_sodium_channel_blockers_are_avoided_without_scn1a_function(drug: str) -> None:
    result = variant("SCN1A", "c.664C>T", significance="pathogenic", zygosity="heterozygous")
    found = judge(order(drug, reason=DRAVET), result, who=person(3))
    assert (found.action, found.urgency) == (Action.AVOID, Urgency.CRITICAL)
    offered = {choice.alternative.name for choice in found.offered}
    assert "clobazam" in offered
    assert not offered & {*BLOCKERS, "rufinamide"}


def test_a_normal_result_of_another_gene_does_not_silence_scn1a() -> None:
    result = variant("SCN1A", "c.664C>T", significance="pathogenic", zygosity="heterozygous")
    typed = genotype("HLA-B", "HLA-B*07:02/HLA-B*08:01")
    found = judge(order("carbamazepine", reason=EPILEPSY), result, typed)
    assert (found.action, found.guideline and found.guideline.source) == (Action.AVOID, "consensus")


def test_gain_of_function_of_scn1a_is_another_matter() -> None:
    result = variant("SCN1A", "c.1A>G", significance="pathogenic", text="pathogenic, gain of function")
    assert judge(order("carbamazepine", reason=EPILEPSY), result).action is Action.NO_RECOMMENDATION


@pytest.mark.parametrize(
    "drug", ["ethinyl estradiol", "estradiol", "estrogens, conjugated (usp)", "estetrol"]
)
def test_oestrogens_are_contraindicated_with_factor_v_leiden(drug: str) -> None:
    found = judge(
        order(drug, reason=CONTRACEPTION), genotype("F5", "Factor V Leiden heterozygous"), who=HEALTHY
    )
    assert (found.action, found.urgency) == (Action.CONTRAINDICATED, Urgency.CRITICAL)
    assert not any("estradiol" in choice.alternative.name for choice in found.alternatives)


def test_platelets_are_watched_with_factor_v_leiden() -> None:
    found = judge(order("eltrombopag"), genotype("F5", "Factor V Leiden homozygous"))
    assert (found.action, found.monitoring) == (Action.MONITOR, ("thrombosis", "platelet-count"))


def test_valproate_with_polg() -> None:
    def action(*results: ReportedResult) -> Action:
        return judge(order("valproate", reason=EPILEPSY), *results).action

    assert action(genotype("POLG", "c.1399G>A/c.2243G>C")) is Action.CONTRAINDICATED
    assert action(variant("POLG", significance="pathogenic")) is Action.CONTRAINDICATED
    assert action(genotype("POLG", "c.1399G>A heterozygous")) is Action.CONSIDER_ALTERNATIVE
    assert action(genotype("POLG", "No pathogenic variants detected")) is Action.NO_RECOMMENDATION


@pytest.mark.parametrize("drug", ["lecanemab", "donanemab"])
def test_amyloid_antibodies_by_e4_alleles(drug: str) -> None:
    found = judge(order(drug, reason=ALZHEIMER), phenotype("APOE", "Two e4 alleles"))
    assert (found.action, found.urgency) == (Action.MONITOR, Urgency.WARNING)
    assert judge(order(drug, reason=ALZHEIMER), genotype("APOE", "e3/e4")).action is Action.STANDARD
    untested = judge(order(drug, reason=ALZHEIMER))
    assert (untested.action, untested.rules) == (Action.TEST_FIRST, (f"{drug}-pretest-fda",))


def test_polg_is_tested_only_where_a_mitochondrial_disease_is_suspected() -> None:
    assert judge(order("valproate", reason=EPILEPSY)).action is Action.NO_RECOMMENDATION
    suspected = judge(order("valproate", reason=EPILEPSY), who=person(4, problems=[DELAY]))
    assert (suspected.action, suspected.urgency) == (Action.TEST_FIRST, Urgency.WARNING)


@pytest.mark.parametrize("drug", ["ethinyl estradiol", "eltrombopag", *BLOCKERS[2:]])
def test_no_test_is_asked_for_where_no_label_asks(drug: str) -> None:
    assert judge(order(drug), who=HEALTHY).action is Action.NO_RECOMMENDATION


@pytest.mark.parametrize(("mg", "action"), [("4", Action.NO_RECOMMENDATION), ("6", Action.TEST_FIRST)])
def test_pimozide_asks_for_cyp2d6_above_its_limit(mg: str, action: Action) -> None:
    assert judge(order("pimozide", mg=mg)).action is action


def test_primaquine_asks_for_g6pd() -> None:
    found = judge(order("primaquine"))
    assert (found.action, found.pretest and found.pretest.test) == (
        Action.TEST_FIRST,
        ("94231-8", "G6PD gene full mutation analysis"),
    )


def test_a_sequencing_text_makes_a_card_and_the_diagnosis_does_without_one(client: FlaskClient) -> None:
    text = "Pathogenic variant c.664C>T (p.Arg222Ter), heterozygous, loss of function"
    (card,) = _cards(client, text)
    assert card["indicator"] == "critical"
    finding = card["extension"]["pgx-cds.finding"]
    assert (finding["action"], finding["genes"][0]["gene"]) == ("avoid", "SCN1A")
    for other in (
        "Variant of uncertain significance c.3067A>G (p.Ile1023Val), heterozygous",
        "No pathogenic variants detected",
    ):
        (card,) = _cards(client, other)
        finding = card["extension"]["pgx-cds.finding"]
        assert (finding["rules"], finding["genes"]) == (["carbamazepine-consensus-dravet-syndrome"], [])


def _cards(client: FlaskClient, text: str) -> list[dict[str, Any]]:
    result = reported("SCN1A", "", code={"text": "SCN1A SEQUENCING"}, valueCodeableConcept={"text": text})
    answer = client.post(SELECT, json=call(draft("2002", reason=DRAVET), results=(result,)))
    found: list[dict[str, Any]] = answer.get_json()["cards"]
    return found
