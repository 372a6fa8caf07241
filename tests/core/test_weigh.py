"""What several reports of one gene say together."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from cds_service.core.activity import ActivityScore
from cds_service.core.evidence import Origin, ResultKind, Use
from cds_service.core.weigh import ResultState, weigh
from tests.builders import genotype, knowledge, phenotype

CYP2C19 = knowledge().genes["CYP2C19"]


def weighed(*results, gene=CYP2C19):
    return weigh(gene, results)


def test_no_report_is_not_tested() -> None:
    assert weighed().state is ResultState.NOT_TESTED


def test_two_equal_reports_are_one_result() -> None:
    found = weighed(genotype("CYP2C19", "*1/*2"), genotype("CYP2C19", "*2/*1"))
    assert (found.state, len(found.possible)) == (ResultState.TRANSLATED, 1)


def test_two_laboratories_that_disagree_are_a_conflict_whichever_is_newer() -> None:
    found = weighed(genotype("CYP2C19", "*1/*1"), genotype("CYP2C19", "*2/*2"))
    assert found.state is ResultState.CONFLICT
    assert {state.phenotype for state in found.possible} == {"Normal Metabolizer", "Poor Metabolizer"}


def test_different_alleles_of_one_class_are_no_conflict() -> None:
    assert weighed(genotype("CYP2C19", "*1/*2"), genotype("CYP2C19", "*1/*3")).state is ResultState.TRANSLATED


def test_a_stale_label_loses_against_the_alleles_and_is_named() -> None:
    found = weighed(genotype("CYP2C19", "*2/*2"), phenotype("CYP2C19", "Intermediate Metabolizer"))
    assert found.only is not None
    assert found.only.phenotype == "Poor Metabolizer"
    assert [notice.key for notice in found.notices] == ["label-differs"]


def test_a_class_helps_where_the_alleles_cannot_be_translated() -> None:
    found = weighed(genotype("CYP2C19", "*1/*999"), phenotype("CYP2C19", "Poor Metabolizer"))
    assert found.only is not None
    assert found.only.phenotype == "Poor Metabolizer"


def test_an_unknown_allele_is_not_translatable_and_never_normal() -> None:
    found = weighed(genotype("CYP2C19", "*1/*999"))
    assert (found.state, found.possible) == (ResultState.NOT_TRANSLATABLE, ())


def test_a_change_without_a_name_that_was_found_is_not_translatable() -> None:
    found = replace(genotype("CYP2C19", "Mutation detected"), kind=ResultKind.VARIANT, present=True)
    harmless = replace(found, significance="benign")
    assert weighed(found).state is ResultState.NOT_TRANSLATABLE
    assert weighed(harmless).state is ResultState.NOT_TESTED
    assert weighed(found, genotype("CYP2C19", "*1/*2")).state is ResultState.TRANSLATED


def test_a_failed_test_is_no_call() -> None:
    assert weighed(genotype("CYP2C19", "No call")).state is ResultState.NO_CALL


def test_a_preliminary_result_is_pending() -> None:
    assert weighed(genotype("CYP2C19", "*2/*2", use=Use.PENDING)).state is ResultState.PENDING


def test_a_pending_result_beside_a_final_one_is_mentioned() -> None:
    found = weighed(genotype("CYP2C19", "*1/*1"), genotype("CYP2C19", "*2/*2", use=Use.PENDING))
    assert found.state is ResultState.TRANSLATED
    assert [notice.key for notice in found.notices] == ["newer-result-pending"]


def test_results_of_tumours_donors_and_withdrawn_ones_never_count() -> None:
    base = genotype("CYP2C19", "*2/*2")
    for unusable in (
        replace(base, origin=Origin.SOMATIC),
        replace(base, donor=True),
        replace(base, use=Use.NO),
        replace(base, use=Use.CONTEXT),
    ):
        assert weighed(unusable).state is ResultState.NOT_TESTED


def test_a_document_says_that_something_exists() -> None:
    report = replace(genotype("CYP2C19", ""), kind=ResultKind.DOCUMENT)
    assert weighed(report).state is ResultState.UNREADABLE


def test_a_laboratory_beats_a_statement_in_the_chart() -> None:
    chart = phenotype("CYP2C19", "Poor Metabolizer", ehr_statement=True)
    found = weighed(chart, genotype("CYP2C19", "*1/*1"))
    assert found.only is not None
    assert found.only.phenotype == "Normal Metabolizer"


def test_a_statement_in_the_chart_counts_if_there_is_nothing_better() -> None:
    found = weighed(phenotype("CYP2C19", "Poor Metabolizer", ehr_statement=True))
    assert found.state is ResultState.TRANSLATED


def test_an_untested_risk_allele_is_not_negative() -> None:
    found = weighed(genotype("HLA-B", "HLA-B*57:01"), gene=knowledge().genes["HLA-B"])
    assert found.presence == {"*57:01": True}


def test_a_typing_of_two_alleles_settles_the_others() -> None:
    found = weighed(genotype("HLA-B", "HLA-B*57:01+HLA-B*40:01"), gene=knowledge().genes["HLA-B"])
    assert found.presence == {"*15:02": False, "*15:11": False, "*57:01": True, "*58:01": False}


def test_a_class_looked_up_by_score_stands_for_all_its_scores() -> None:
    found = weighed(phenotype("CYP2D6", "Intermediate Metabolizer"), gene=knowledge().genes["CYP2D6"])
    assert [str(state.score) for state in found.possible] == ["0.25", "0.5", "0.75", "1.0"]


def test_a_score_beside_the_class_narrows_it_down() -> None:
    score = replace(
        phenotype("CYP2D6", "1.0"), kind=ResultKind.ACTIVITY_SCORE, score=__import__("decimal").Decimal(1)
    )
    found = weighed(phenotype("CYP2D6", "Intermediate Metabolizer"), score, gene=knowledge().genes["CYP2D6"])
    assert [str(state.score) for state in found.possible] == ["1.0"]


def implied(gene: str, text: str):
    return phenotype(gene, text, implied=True)


def test_a_class_named_for_a_drug_counts_if_nothing_else_tells_one() -> None:
    found = weighed(implied("CYP2C19", "Poor Metabolizer"))
    assert found.only is not None
    assert found.only.phenotype == "Poor Metabolizer"
    assert [notice.key for notice in found.notices] == ["class-from-implication"]


def test_a_class_named_for_a_drug_helps_where_the_alleles_cannot_be_translated() -> None:
    found = weighed(genotype("CYP2C19", "*1/*999"), implied("CYP2C19", "Poor Metabolizer"))
    assert found.only is not None
    assert found.only.phenotype == "Poor Metabolizer"


@pytest.mark.parametrize("named", ["Poor Metabolizer", "Rapid Metabolizer", "Resistant"])
def test_a_class_named_for_a_drug_is_only_a_difference_beside_a_genotype(named: str) -> None:
    found = weighed(genotype("CYP2C19", "*1/*2"), implied("CYP2C19", named))
    assert found.only is not None
    assert found.only.phenotype == "Intermediate Metabolizer"
    assert [notice.key for notice in found.notices] == ["label-differs"]


def test_a_class_named_for_a_drug_does_not_stand_against_another_report_of_the_class() -> None:
    found = weighed(phenotype("CYP2C19", "Normal Metabolizer"), implied("CYP2C19", "Poor Metabolizer"))
    assert found.state is ResultState.TRANSLATED
    assert {state.phenotype for state in found.possible} == {"Normal Metabolizer"}


def test_a_class_named_for_a_drug_that_the_gene_does_not_have_says_nothing() -> None:
    found = weighed(implied("CYP2C9", "Rapid Metabolizer"), gene=knowledge().genes["CYP2C9"])
    assert found.state is ResultState.NOT_TESTED


def test_a_class_named_for_a_drug_beats_a_statement_in_the_chart() -> None:
    chart = phenotype("CYP2C19", "Normal Metabolizer", ehr_statement=True)
    found = weighed(chart, implied("CYP2C19", "Poor Metabolizer"))
    assert found.only is not None
    assert found.only.phenotype == "Poor Metabolizer"


def test_a_class_named_for_a_drug_does_not_fill_in_for_a_failed_test() -> None:
    found = weighed(genotype("CYP2C19", "No call"), implied("CYP2C19", "Poor Metabolizer"))
    assert found.state is ResultState.NO_CALL


def test_variants_that_were_not_found_do_not_make_a_gene_normal() -> None:
    asked = "rs55886062"
    absent = replace(genotype("DPYD", asked), kind=ResultKind.VARIANT, allele=asked, present=False)
    found = weighed(absent, gene=knowledge().genes["DPYD"])
    assert (found.state, found.possible) == (ResultState.PARTIAL, ())


def test_a_definite_score_beside_an_open_class_is_the_score() -> None:
    score = replace(phenotype("CYP2D6", "3"), kind=ResultKind.ACTIVITY_SCORE, score=Decimal("3"))
    found = weighed(phenotype("CYP2D6", "Ultrarapid Metabolizer"), score, gene=knowledge().genes["CYP2D6"])
    assert found.only is not None
    assert found.only.score == ActivityScore(Decimal("3"))


def test_an_open_class_alone_stands_for_each_score_where_sources_part() -> None:
    found = weighed(phenotype("CYP2D6", "Ultrarapid Metabolizer"), gene=knowledge().genes["CYP2D6"])
    assert [(s.score.value, s.score.at_least) for s in found.possible if s.score] == [
        (Decimal("2.5"), False),
        (Decimal("2.75"), True),
    ]


GRAFTED = date(2024, 1, 1)


@pytest.mark.parametrize(
    ("when", "own_tissue", "state"),
    [
        (date(2023, 12, 31), False, ResultState.TRANSLATED),
        (date(2024, 6, 1), False, ResultState.DONOR_BLOOD),
        (date(2024, 6, 1), True, ResultState.TRANSLATED),
        (None, False, ResultState.DONOR_BLOOD),
    ],
)
def test_blood_tested_after_a_transplant_of_stem_cells_tells_of_the_donor(
    when: date | None, own_tissue: bool, state: ResultState
) -> None:
    result = genotype("CYP2C19", "*2/*2", measured_on=when, own_tissue=own_tissue)
    assert weigh(CYP2C19, [result], GRAFTED).state is state
    assert weigh(CYP2C19, [result]).state is ResultState.TRANSLATED
