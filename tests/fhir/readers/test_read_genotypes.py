from datetime import date

import pytest

from cds_service.core.evidence import Origin, ReportedResult, ResultKind, Use
from cds_service.core.model import Notice
from cds_service.core.weigh import ResultState, weigh
from tests.builders import knowledge
from tests.fhir.readers.payloads import (
    Json,
    component,
    concept,
    gene,
    genotype,
    haplotype,
    keys,
    lab,
    loinc,
    observation,
    only,
    read,
)

PHARMVAR = "http://www.pharmvar.org"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"text": "CYP2C19 *2/*2"}, "CYP2C19 *2/*2"),
        ({"text": "*1/*2"}, "*1/*2"),
        (concept((PHARMVAR, "CYP2C19", "CYP2C19 *4/*35")), "CYP2C19 *4/*35"),
        (concept((PHARMVAR, "CYP2C19_*1/*2", "")), "CYP2C19_*1/*2"),
        (concept(("http://www.ncbi.nlm.nih.gov/clinvar", "638797", "CYP2C19*2/*2")), "CYP2C19*2/*2"),
        (concept((PHARMVAR, "x", "y"), text="CYP2C19 *1/*17"), "CYP2C19 *1/*17"),
        ({"text": "Reference/Reference"}, "Reference/Reference"),
    ],
    ids=["text", "stars", "display", "code", "display beside an id", "text before display", "words"],
)
def test_a_genotype_is_passed_on_as_written(value: Json, text: str) -> None:
    result = only(genotype("CYP2C19", value))
    assert (result.gene, result.kind, result.text) == ("CYP2C19", ResultKind.DIPLOTYPE, text)
    assert (result.use, result.origin, result.by_name) == (Use.YES, Origin.GERMLINE, False)
    assert (result.source, result.measured_on) == ("Observation/o1", date(2024, 5, 14))


def test_a_genotype_in_a_string_is_read_too() -> None:
    found = observation(loinc("84413-4"), valueString="*4/*5", component=[gene("CYP2D6")])
    assert only(found).text == "*4/*5"


@pytest.mark.parametrize(
    "studied",
    [
        gene("CYP2D6"),
        gene("CYP2D6", "HGNC:2625"),
        gene("CYP2D6", "2625"),
        gene("", "HGNC:2625"),
        gene("cyp2d6", "HGNC:2625", "http://www.genenames.org/geneId"),
        gene("", "CYP2D6"),
        component("48018-6", "CYP2D6"),
        gene("CYP2D6", "1565", "https://www.ncbi.nlm.nih.gov/gene"),
        gene("CYP2D6 gene", "HGNC:2625"),
    ],
    ids=["text", "hgnc", "number", "code only", "geneId", "symbol as code", "string", "ncbi", "words"],
)
def test_the_gene_is_found_in_every_spelling(studied: Json) -> None:
    result = only(genotype("", "*1/*4", component=[studied]))
    assert (result.gene, result.notices) == ("CYP2D6", ())


@pytest.mark.parametrize(
    "found",
    [
        genotype("CYP2C cluster", "rs12777823 A/G"),
        genotype("rs12777823", "A/G"),
        lab("CYP2C cluster rs12777823", "G/A"),
    ],
    ids=["cluster", "position", "test name"],
)
def test_a_position_that_belongs_to_no_gene_is_a_result_of_its_own(found: Json) -> None:
    result = only(found)
    assert (result.gene, result.use) == ("rs12777823", Use.YES)
    (state,) = weigh(knowledge().genes[result.gene], [result]).possible
    assert state.phenotype == "rs12777823 AG"


def test_a_position_beside_a_gene_does_not_contradict_it() -> None:
    result = only(genotype("CYP2C9", "CYP2C9 *1/*1, rs12777823 G/A"))
    assert (result.gene, result.use, result.notices) == ("CYP2C9", Use.YES, ())
    result = only(lab("CYP2C9 genotype", "*1/*1, rs12777823 G/A"))
    assert (result.gene, result.use, result.notices) == ("CYP2C9", Use.YES, ())


def test_the_gene_of_the_genetics_extension_counts() -> None:
    url = "http://hl7.org/fhir/StructureDefinition/observation-geneticsGene"
    extension = {"url": url, "valueCodeableConcept": concept(("http://www.genenames.org", "12014", "TPMT"))}
    code = concept(("http://snomed.info/sct", "363779003", "Genotype determination"), text="Diplotype Call")
    assert only(observation(code, extension=[extension], valueString="*1/*4")).gene == "TPMT"


def test_the_gene_may_stand_in_the_value_alone() -> None:
    assert only(genotype("", "CYP2C9*1/*3", component=[])).gene == "CYP2C9"


def test_a_code_that_belongs_to_another_gene_gives_way_to_the_symbol() -> None:
    result = only(genotype("", "*1/*2", component=[gene("CYP2C19", "HGNC:262")]))
    assert (result.gene, result.notices) == ("CYP2C19", (Notice.of("gene-code-disagrees", gene="CYP2C19"),))


def test_of_two_genes_the_value_names_the_one() -> None:
    result = only(genotype("", "CYP2C9 *2/*5", component=[gene("CYP2C9"), gene("VKORC1")]))
    assert (result.gene, result.use) == ("CYP2C9", Use.YES)


def test_two_genes_and_a_value_that_names_neither_give_no_result() -> None:
    readings = read(genotype("", "*2/*5", component=[gene("CYP2C9"), gene("VKORC1")]))
    assert (readings.results, keys(readings)) == ((), ["genes-ambiguous"])


def test_a_value_that_names_another_gene_drives_nothing() -> None:
    result = only(genotype("CYP2C9", "CYP2C19 *2/*2"))
    assert (result.gene, result.use) == ("CYP2C19", Use.CONTEXT)
    assert result.notices == (Notice.of("gene-disagrees", gene="CYP2C19", other="CYP2C9"),)


def test_a_gene_that_is_none_of_ours_gives_nothing() -> None:
    readings = read(genotype("NMNAT1", "c.[53A>G];[769G>A]"))
    assert (readings.results, readings.notices) == ((), ())


def test_a_genotype_without_any_gene_is_counted() -> None:
    readings = read(genotype("", "*1/*2", component=[]), genotype("", "*1/*3", "o2", component=[]))
    assert readings.notices == (Notice.of("gene-not-stated", count="2"),)


def test_the_diplotype_may_stand_in_the_component_for_the_variant() -> None:
    parts = [gene("CYP2C19"), component("81252-9", {"text": "CYP2C19:*1/*2"})]
    found = observation(loinc("84413-4"), component=parts)
    assert only(found).text == "CYP2C19:*1/*2"


def test_a_genotype_without_a_value_is_said() -> None:
    readings = read(observation(loinc("84413-4"), component=[gene("CYP2C9")]))
    assert readings.notices == (Notice.of("result-without-value", gene="CYP2C9"),)
    assert [result.kind for result in readings.results] == [ResultKind.DOCUMENT]


def test_a_grouping_genotype_without_a_value_is_no_document() -> None:
    group = observation(
        loinc("84413-4"), component=[gene("CYP2C9")], hasMember=[{"reference": "Observation/a"}]
    )
    assert read(group).results == ()


def test_a_genotype_inside_the_observation_that_groups_it_is_read() -> None:
    inside = genotype("CYP2C9", "*1/*3", "c1", subject=None, status=None)
    group = observation({"text": "PGx panel"}, contained=[inside], hasMember=[{"reference": "#c1"}])
    result = only(group)
    assert (result.text, result.source) == ("*1/*3", "Observation/o1#c1")


@pytest.mark.parametrize("code", ["51969-4", "55233-1"])
def test_a_genotype_under_the_code_of_a_whole_report_is_read(code: str) -> None:
    own = observation(loinc(code), valueString="*1/*3", component=[gene("CYP2C9")])
    inner = observation(loinc(code), component=[gene("CYP2C9"), component("84413-4", "*1/*3")])
    assert [only(found).text for found in (own, inner)] == ["*1/*3", "*1/*3"]


def test_a_single_allele_that_cannot_be_read_is_a_result_that_exists() -> None:
    result = only(haplotype("CYP2C9", "PV00026", "h1"))
    assert (result.kind, result.text) == (ResultKind.DIPLOTYPE, "PV00026")


def test_a_registered_test_without_a_value_is_pending() -> None:
    result = only(observation(loinc("84413-4"), status="registered", component=[gene("CYP2C9")]))
    assert (result.gene, result.use) == ("CYP2C9", Use.PENDING)


def test_a_genotype_under_the_code_of_a_phenotype_is_a_genotype() -> None:
    result = only(observation(loinc("79716-7"), valueCodeableConcept={"text": "*1/*3"}))
    assert (result.gene, result.kind) == ("CYP2C9", ResultKind.DIPLOTYPE)


def test_a_class_behind_the_alleles_is_a_second_result() -> None:
    first, second = read(genotype("CYP3A5", "CYP3A5*3/*3 (Poor Metabolizer)")).results
    assert (first.kind, first.text) == (ResultKind.DIPLOTYPE, "CYP3A5*3/*3 (Poor Metabolizer)")
    assert (second.kind, second.text) == (ResultKind.PHENOTYPE, "Poor Metabolizer")


@pytest.mark.parametrize(
    "absence",
    [
        {"dataAbsentReason": concept(("http://x", "unknown", "Unknown"), text="copy number not callable")},
        {"dataAbsentReason": concept(("http://x", "error", "Error"))},
        {"valueString": "No call"},
        {"valueString": "QNS"},
        {"valueCodeableConcept": loinc("LA18198-4", "No call")},
        {"valueString": "Indeterminate"},
    ],
    ids=["unknown", "error", "no call", "qns", "coded", "indeterminate"],
)
def test_a_test_without_a_call_is_told_from_no_test(absence: Json) -> None:
    result = only(observation(loinc("84413-4"), component=[gene("CYP2D6")], **absence))
    assert (result.gene, result.kind, result.text) == ("CYP2D6", ResultKind.DIPLOTYPE, "No call")
    assert result.use is Use.YES


def test_the_reason_for_no_call_is_kept() -> None:
    reason = concept(("http://x", "unknown", ""), text="copy number not callable")
    found = observation(loinc("84413-4"), component=[gene("CYP2D6")], dataAbsentReason=reason)
    assert only(found).limits == "copy number not callable"


@pytest.mark.parametrize("absence", ["not-performed", "not-asked"])
def test_a_test_that_was_not_done_is_no_failed_test(absence: str) -> None:
    reason = concept(("http://x", absence, ""))
    found = observation(loinc("84413-4"), component=[gene("CYP2D6")], dataAbsentReason=reason)
    assert only(found).use is Use.NO


def diplotypes(*resources: Json) -> list[ReportedResult]:
    return [result for result in read(*resources).results if result.kind is ResultKind.DIPLOTYPE]


def test_a_single_allele_is_there_and_leaves_the_other_one_open() -> None:
    result = only(haplotype("CYP2D6", "CYP2D6*7.001", "h1"))
    assert (result.kind, result.allele, result.present) == (
        ResultKind.ALLELE_PRESENCE,
        "CYP2D6*7.001",
        True,
    )
    found = weigh(knowledge().genes["CYP2D6"], [result])
    assert (found.state, found.possible) == (ResultState.PARTIAL, ())


def test_two_single_alleles_make_a_diplotype() -> None:
    (result,) = diplotypes(haplotype("CYP2D6", "CYP2D6*4", "h1"), haplotype("CYP2D6", "CYP2D6*7.001", "h2"))
    assert (result.gene, result.text) == ("CYP2D6", "CYP2D6*4/CYP2D6*7.001")
    assert result.notices == (Notice.of("from-haplotypes", gene="CYP2D6"),)


def test_two_single_hla_alleles_are_joined_as_a_typing() -> None:
    alleles = [haplotype("HLA-B", "HLA-B*15:01:01G", "h1"), haplotype("HLA-B", "HLA-B*57:01:01G", "h2")]
    assert diplotypes(*alleles)[0].text == "HLA-B*15:01:01G+HLA-B*57:01:01G"


def test_a_genotype_makes_its_single_alleles_superfluous() -> None:
    alleles = [haplotype("CYP2D6", "*4", "h1"), haplotype("CYP2D6", "*7", "h2")]
    (result,) = diplotypes(genotype("CYP2D6", "*4/*7", "g"), *alleles)
    assert result.source == "Observation/g"


def test_beside_a_genotype_an_allele_that_cannot_be_read_contradicts_nothing() -> None:
    """Read alone, "Reference" would be two reference alleles."""
    alleles = [haplotype("RYR1", "Reference", "h1"), haplotype("RYR1", "c.7300G>A", "h2")]
    (result,) = diplotypes(*alleles, genotype("RYR1", "Reference/c.7300G>A", "g"))
    assert result.source == "Observation/g"


@pytest.mark.parametrize("count", [1, 3])
def test_one_or_three_single_alleles_are_no_diplotype(count: int) -> None:
    readings = read(*(haplotype("CYP2D6", f"*{place}", f"h{place}") for place in range(count)))
    assert {result.kind for result in readings.results} == {ResultKind.ALLELE_PRESENCE}
    assert readings.notices == (Notice.of("haplotypes-incomplete", gene="CYP2D6", count=str(count)),)


def test_single_alleles_of_two_days_are_no_pair() -> None:
    later = haplotype("CYP2D6", "*7", "h2", effectiveDateTime="2025-01-01")
    assert diplotypes(haplotype("CYP2D6", "*4", "h1"), later) == []


def test_a_preliminary_single_allele_makes_a_pending_diplotype() -> None:
    second = haplotype("CYP2D6", "*7", "h2", status="preliminary")
    assert diplotypes(haplotype("CYP2D6", "*4", "h1"), second)[0].use is Use.PENDING
