import pytest

from cds_service.core.codes import TestCode
from cds_service.core.evidence import ResultKind, Use
from cds_service.fhir.readers import read_results
from tests.fhir.readers.payloads import LOCAL, PATIENT, codes, keys, lab, observation, only, read

DIPLOTYPE, PHENOTYPE = ResultKind.DIPLOTYPE, ResultKind.PHENOTYPE


@pytest.mark.parametrize(
    ("name", "value", "symbol", "kind", "text"),
    [
        ("CYP2C19 GENOTYPE", "*1/*2", "CYP2C19", DIPLOTYPE, "*1/*2"),
        ("CYP2C19 GENOTYPE", "*1*17", "CYP2C19", DIPLOTYPE, "*1*17"),
        ("CYP2C9 Genotype Result", "*2|*3", "CYP2C9", DIPLOTYPE, "*2|*3"),
        ("TPMT GENOTYPING", "TPMT: *1/*3A", "TPMT", DIPLOTYPE, "TPMT: *1/*3A"),
        ("Cytochrome P450 2D6", "*4/*4", "CYP2D6", DIPLOTYPE, "*4/*4"),
        ("VKORC1 -1639 G>A", "A/A", "VKORC1", DIPLOTYPE, "-1639 A/A"),
        ("PGX SLCO1B1 RS4149056", "TC", "SLCO1B1", DIPLOTYPE, "rs4149056 TC"),
        ("CYP4F2", "C/T", "CYP4F2", DIPLOTYPE, "C/T"),
        ("UGT1A1 TA repeats", "6/7", "UGT1A1", DIPLOTYPE, "TA 6/7"),
        ("G6PD GENOTYPE", "Mediterranean hemizygous", "G6PD", DIPLOTYPE, "Mediterranean hemizygous"),
        ("MT-RNR1 GENOTYPE", "m.1555A>G homoplasmic", "MT-RNR1", DIPLOTYPE, "m.1555A>G homoplasmic"),
        ("DPYD GENOTYPE", "c.2846A>T heterozygous", "DPYD", DIPLOTYPE, "c.2846A>T heterozygous"),
        ("APOE GENOTYPE", "e4/e4", "APOE", DIPLOTYPE, "e4/e4"),
        ("CYP2C19 Phenotype", "Rapid Metaboliser", "CYP2C19", PHENOTYPE, "Rapid Metabolizer"),
        ("CYP2D6 METABOLIZER STATUS", "UM", "CYP2D6", PHENOTYPE, "Ultrarapid Metabolizer"),
        ("SLCO1B1 FUNCTION STATUS", "Poor", "SLCO1B1", PHENOTYPE, "Poor Function"),
        ("CYP2C19", "Poor metabolizer", "CYP2C19", PHENOTYPE, "Poor Metabolizer"),
    ],
)
def test_a_test_is_read_by_its_name(name: str, value: str, symbol: str, kind: ResultKind, text: str) -> None:
    result = only(lab(name, value))
    assert (result.gene, result.kind, result.text) == (symbol, kind, text)
    assert (result.use, result.by_name) == (Use.YES, True)


@pytest.mark.parametrize("value", ["langsamer Metabolisierer", "poor metab.", "681G>A homozygous", "AS 3.0"])
def test_words_under_the_bare_name_of_a_gene_are_a_result_that_exists(value: str) -> None:
    result = only(lab("CYP2C19", value))
    assert (result.kind, result.text, result.use) == (DIPLOTYPE, value, Use.YES)


@pytest.mark.parametrize(
    ("name", "value"),
    [("G6PD", "2.1"), ("TPMT", "28.5 U/mL"), ("CYP2C19", "< 5 %"), ("CYP2C19 inducer", "none")],
)
def test_an_amount_and_words_of_another_test_are_none(name: str, value: str) -> None:
    assert read(lab(name, value)).results == ()


@pytest.mark.parametrize("value", ["＊2/＊2", "∗2⁄∗2", "*2\u00a0/\u00a0*2", "\u202a*2/*2\u202c"])
def test_signs_that_look_like_those_of_alleles_are_read_as_these(value: str) -> None:
    assert only(lab("CYP2C19", value)).text.replace(" ", "") == "*2/*2"


def test_a_class_under_a_test_of_mutations_is_a_class() -> None:
    result = only(lab("CYP2C19 gene mutation analysis", "Poor metabolizer"))
    assert (result.kind, result.text) == (PHENOTYPE, "Poor Metabolizer")


@pytest.mark.parametrize("name", ["HLA-B*57:01", "CYP2C19 gene mutation analysis"])
def test_an_answer_in_unknown_words_is_a_result_that_cannot_be_read(name: str) -> None:
    result = only(lab(name, "positivo"))
    assert (result.kind, result.text, result.present) == (DIPLOTYPE, "positivo", None)


def test_a_list_of_what_was_found_and_what_was_not_is_read_as_a_genotype() -> None:
    listed = "c.1905+1G>A het; c.1679T>G not detected; c.2846A>T not detected"
    result = only(lab("DPYD mutation analysis", listed))
    assert (result.kind, result.text, result.present) == (DIPLOTYPE, listed, None)


def test_something_found_by_a_test_of_a_gene_is_a_result_whatever_the_test_asks() -> None:
    result = only(lab("Malignant hyperthermia RYR1", "Positive"))
    assert (result.gene, result.kind) == ("RYR1", DIPLOTYPE)
    assert read(lab("Malignant hyperthermia RYR1", "see remarks below")).results == ()


def test_the_name_may_stand_in_the_display_alone() -> None:
    code = {"coding": [{"system": LOCAL, "code": "X", "display": "CYP2C19 GENOTYPE"}]}
    assert only(observation(code, valueString="*1/*2")).gene == "CYP2C19"


def test_a_code_of_the_site_needs_no_name_and_is_not_by_name() -> None:
    site = {(LOCAL, "PGX7"): TestCode("genotype", ("NUDT15",))}
    tables = codes()
    merged = type(tables)(
        tests={**tables.tests, **site},
        answers=tables.answers,
        answer_words=tables.answer_words,
        symbols=tables.symbols,
    )
    found = observation({"coding": [{"system": LOCAL, "code": "PGX7"}]}, valueString="*1/*3")
    (result,) = read_results([found], codes=merged, patient_id=PATIENT).results
    assert (result.gene, result.text, result.by_name) == ("NUDT15", "*1/*3", False)


def test_a_donor_genotype_of_the_site_is_marked() -> None:
    tables = codes()
    merged = type(tables)(
        tests={(LOCAL, "D1"): TestCode("donor genotype", ("CYP3A5",))}, symbols=tables.symbols
    )
    found = observation({"coding": [{"system": LOCAL, "code": "D1"}]}, valueString="*1/*3")
    (result,) = read_results([found], codes=merged, patient_id=PATIENT).results
    assert (result.kind, result.donor) == (DIPLOTYPE, True)


@pytest.mark.parametrize("value", ["See scanned report", "See report.", "Refer to report"])
def test_a_value_that_points_at_a_report_says_that_one_exists(value: str) -> None:
    result = only(lab("NUDT15 GENOTYPE", value))
    assert (result.gene, result.kind, result.use) == ("NUDT15", ResultKind.DOCUMENT, Use.CONTEXT)


def test_a_narrative_is_a_document_whatever_alleles_it_mentions() -> None:
    words = (
        "This patient carries CYP2C19 *1/*2 and is expected to have less activity of the enzyme than others. "
    )
    result = only(lab("CYP2C19 GENOTYPE", words * 2))
    assert (result.kind, result.use) == (ResultKind.DOCUMENT, Use.CONTEXT)


def test_a_text_about_several_genes_is_not_taken_apart() -> None:
    readings = read(lab("PGX RESULT", "CYP2C19 *1/*2; CYP2D6 *4/*4"))
    assert [(r.gene, r.kind) for r in readings.results] == [
        ("CYP2C19", ResultKind.DOCUMENT),
        ("CYP2D6", ResultKind.DOCUMENT),
    ]
    assert keys(readings) == ["genes-ambiguous"]


def test_a_name_of_two_genes_with_a_bare_value_gives_no_result() -> None:
    readings = read(lab("CYP2C9/VKORC1 GENOTYPE", "*1/*2"))
    assert (readings.results, keys(readings)) == ((), ["genes-ambiguous"])


@pytest.mark.parametrize("value", ["TNP", "Test not performed", "Not done"])
def test_a_test_that_was_not_performed_drives_nothing(value: str) -> None:
    assert only(lab("CYP2C19 GENOTYPE", value)).use is Use.NO


@pytest.mark.parametrize("value", ["Pending", "In process", "Results to follow"])
def test_a_value_that_announces_a_result_is_pending(value: str) -> None:
    assert only(lab("CYP2D6 GENOTYPE", value)).use is Use.PENDING


@pytest.mark.parametrize(
    ("value", "alleles", "limits"),
    [
        ("*4/*4 (copy number not assessed)", "*4/*4", "copy number not assessed"),
        ("*1/*3; duplication not excluded", "*1/*3", "duplication not excluded"),
        ("*1/*2 (c.681G>A)", "*1/*2 (c.681G>A)", ""),
        ("*1/*4, 3 copies", "*1/*4, 3 copies", ""),
    ],
)
def test_limits_behind_the_alleles_are_set_apart(value: str, alleles: str, limits: str) -> None:
    result = only(lab("CYP2D6 GENOTYPE", value))
    assert (result.text, result.limits) == (alleles, limits)


def test_a_value_over_several_lines_is_one_text() -> None:
    assert only(lab("CYP2C19 GENOTYPE", "*1 /\n  *2")).text == "*1 / *2"


def test_low_resolution_is_a_limit_of_the_typing() -> None:
    result = only(lab("HLA-B TYPING", "57, 40 (low resolution)"))
    assert (result.gene, result.kind) == ("HLA-B", DIPLOTYPE)
    assert result.limits == "57, 40 (low resolution)"
