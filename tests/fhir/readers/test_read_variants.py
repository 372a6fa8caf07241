import pytest

from cds_service.core.evidence import Origin, ResultKind, Use
from tests.fhir.readers.payloads import (
    TBD,
    Json,
    component,
    concept,
    gene,
    genotype,
    keys,
    lab,
    loinc,
    observation,
    only,
    read,
    variant,
)

HGVS = "http://varnomen.hgvs.org"
DBSNP = "http://www.ncbi.nlm.nih.gov/projects/SNP"
GERMLINE = component("48002-0", loinc("LA6683-2", "Germline"))
SOMATIC = component("48002-0", loinc("LA6684-0", "Somatic"))
HETEROZYGOUS = component("53034-5", loinc("LA6706-1", "Heterozygous"))
ABSENT = loinc("LA9634-2", "Absent")


def named(code: str, name: str) -> Json:
    return component(code, concept((HGVS, name, name)))


def position(reference: str, alternative: str, start: int, counting: str) -> list[Json]:
    return [
        component("48013-7", concept(("http://www.ncbi.nlm.nih.gov/refseq", "NC_000010.10", "b37"))),
        component("69547-8", reference),
        component("69551-0", alternative),
        {"code": loinc("81254-5"), "valueRange": {"low": {"value": start}}},
        component("92822-6", loinc(counting)),
    ]


@pytest.mark.parametrize(
    ("parts", "allele"),
    [
        ([named("48004-6", "NM_000540.3:c.7300G>A"), component("81252-9", {"text": "x"})], "c.7300G>A"),
        ([component("81252-9", {"text": "RYR1 c.7300G>A (p.G2434R)"})], "c.7300G>A"),
        ([named("81290-9", "NC_012920.1:m.1555A>G")], "m.1555A>G"),
        ([named("81290-9", "NM_005157.6:c.1076T>G")], "c.1076T>G"),
        ([component("81252-9", concept((DBSNP, "rs3918290", "")))], "rs3918290"),
        ([component("81252-9", {"text": "RYR1 exon 3 deletion"})], "exon 3 deletion"),
        ([named("48005-3", "NP_005219.2:p.Leu858Arg")], "p.Leu858Arg"),
        ([named("81290-9", "NC_000007.13:g.55259515T>G")], "NC_000007.13:g.55259515T>G"),
        ([component("81252-9", concept(("http://clinvar", "13961", "ClinVar ID 13961")))], ""),
        (position("G", "A", 96541616, "LA30102-0"), "NC_000010.10:g.96541616G>A"),
        (position("G", "A", 96541615, "LA30100-4"), "NC_000010.10:g.96541616G>A"),
        (position("G", "A", 96541615, "LA30101-2"), ""),
    ],
    ids=[
        *(
            "transcript",
            "in words",
            "mitochondrial",
            "in the wrong place",
            "dbsnp",
            "words",
            "protein",
            "genome",
        ),
        *("clinvar id", "1-based position", "0-based position", "unclear counting"),
    ],
)
def test_the_change_gets_the_name_a_gene_table_may_know(parts: list[Json], allele: str) -> None:
    result = only(variant("RYR1", GERMLINE, HETEROZYGOUS, *parts))
    assert (result.gene, result.kind, result.allele) == ("RYR1", ResultKind.VARIANT, allele)
    assert (result.present, result.zygosity, result.origin) == (True, "heterozygous", Origin.GERMLINE)


def test_the_text_holds_every_name_once() -> None:
    names = [named("48004-6", "NM_1.1:c.7300G>A"), named("48005-3", "p.Gly2434Arg")]
    spoken = component("81252-9", {"text": "RYR1 c.7300G>A (p.G2434R)"})
    assert only(variant("RYR1", *names, spoken)).text == "RYR1 c.7300G>A (p.G2434R); p.Gly2434Arg"


@pytest.mark.parametrize(
    ("answer", "present", "text"),
    [
        (loinc("LA9633-4"), True, "rs3918290"),
        (ABSENT, False, "rs3918290"),
        ({"text": "Detected"}, True, "rs3918290"),
        ({"text": "Heterozygous"}, True, "rs3918290"),
        (loinc("LA18198-4", "No call"), None, "No call: rs3918290"),
        (loinc("LA11884-6", "Indeterminate"), None, "Indeterminate: rs3918290"),
    ],
)
def test_what_was_found_is_read(answer: Json, present: bool | None, text: str) -> None:
    result = only(variant("DPYD", component("81252-9", {"text": "rs3918290"}), answer=answer))
    assert (result.present, result.text, result.use) == (present, text, Use.YES)


@pytest.mark.parametrize("word", ["het", "Heterozygous", "heterozygote"])
def test_zygosity_in_words_is_the_same_word(word: str) -> None:
    result = only(variant("DPYD", named("48004-6", "c.2846A>T"), component("53034-5", {"text": word})))
    assert result.zygosity == "heterozygous"


def test_a_change_to_the_normal_letter_is_no_change() -> None:
    result = only(variant("CYP2C19", GERMLINE, *position("G", "G", 96541616, "LA30102-0")))
    assert (result.present, result.use) == (False, Use.YES)
    assert [notice.key for notice in result.notices] == ["reference-confirmed"]


def test_significance_is_read_from_the_change() -> None:
    stated = component("53037-8", loinc("LA6668-3", "Pathogenic"))
    assert only(variant("SCN1A", named("48004-6", "c.664C>T"), stated)).significance == "pathogenic"


def test_significance_is_read_from_an_implication_that_refers_to_the_change() -> None:
    implication = observation(
        concept((TBD, "diagnostic-implication", "")),
        "d1",
        derivedFrom=[{"reference": "Observation/o1"}],
        component=[component("53037-8", loinc("LA26333-7"))],
    )
    assert only(variant("SCN1A", named("48004-6", "c.3067A>G")), implication).significance == "uncertain"


def test_a_harmless_change_is_not_used() -> None:
    stated = component("53037-8", loinc("LA6675-8", "Benign"))
    assert only(variant("BRCA2", GERMLINE, stated, named("48004-6", "c.7397T>C"))).use is Use.NO


@pytest.mark.parametrize("symbol", ["DPYD", "RYR1", "CYP2C19"])
def test_a_somatic_change_is_never_germline(symbol: str) -> None:
    result = only(variant(symbol, SOMATIC, named("48004-6", "c.1905+1G>A")))
    assert result.origin is Origin.SOMATIC


def test_a_change_without_a_source_is_of_unknown_origin() -> None:
    assert only(variant("DPYD", named("48004-6", "c.2846A>T"))).origin is Origin.UNKNOWN


def specimen(text: str) -> Json:
    return {"resourceType": "Specimen", "id": "s1", "type": {"text": text}}


def test_a_tumour_specimen_makes_a_change_somatic() -> None:
    found = variant("BRAF", named("48005-3", "p.Val600Glu"), specimen={"reference": "Specimen/s1"})
    assert only(found, specimen("Tumor tissue, FFPE")).origin is Origin.SOMATIC
    assert only(found, specimen("Peripheral blood")).origin is Origin.UNKNOWN


def test_a_germline_label_on_a_tumour_specimen_is_not_trusted() -> None:
    found = variant("DPYD", GERMLINE, named("48004-6", "c.2846A>T"), specimen={"reference": "Specimen/s1"})
    result = only(found, specimen("Tumour biopsy"))
    assert (result.origin, result.use) == (Origin.UNKNOWN, Use.CONTEXT)
    assert [notice.key for notice in result.notices] == ["source-class-disagrees"]


def test_a_tumour_marker_of_the_same_specimen_makes_a_change_somatic() -> None:
    burden = observation(
        loinc("94076-7"),
        "m1",
        valueQuantity={"value": 25, "unit": "1"},
        specimen={"reference": "Specimen/s9"},
    )
    found = variant("BRAF", named("48005-3", "p.Val600Glu"), specimen={"reference": "Specimen/s9"})
    results = {result.gene: result for result in read(found, burden).results}
    assert results["BRAF"].origin is Origin.SOMATIC


def test_a_tumour_report_makes_its_changes_somatic() -> None:
    report = {
        "resourceType": "DiagnosticReport",
        "id": "r1",
        "status": "final",
        "code": {"text": "Tumor mutation panel"},
        "subject": {"reference": "Patient/p1"},
        "result": [{"reference": "Observation/o1"}],
    }
    assert only(variant("KRAS", named("48005-3", "p.Gly12Cys")), report).origin is Origin.SOMATIC


def test_the_profile_of_an_oncology_guide_makes_a_change_somatic() -> None:
    meta = {"profile": ["http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-genomic-variant"]}
    assert only(variant("NRAS", answer=ABSENT, meta=meta)).origin is Origin.SOMATIC


def test_a_fusion_is_a_result_of_both_genes() -> None:
    results = read(variant("BCR,ABL1", SOMATIC, component("81252-9", {"text": "BCR::ABL1 fusion"}))).results
    assert [(r.gene, r.allele) for r in results] == [
        ("BCR", "BCR::ABL1 fusion"),
        ("ABL1", "BCR::ABL1 fusion"),
    ]


def test_nothing_found_in_a_list_of_genes_holds_for_each() -> None:
    results = read(variant("NRAS,KIT,BRAF", SOMATIC, answer=ABSENT)).results
    assert [(r.gene, r.present) for r in results] == [("NRAS", False), ("BRAF", False), ("KIT", False)]


@pytest.mark.parametrize(
    ("part", "genes"),
    [
        (named("48004-6", "NM_001042723.2:c.7063C>T"), ["RYR1"]),
        (named("48004-6", "NM_000106.5(CYP2D6):c.886C>T"), ["CYP2D6"]),
        (component("81252-9", {"text": "EGFR L858R"}), ["EGFR"]),
        (component("81291-7", {"text": "46,XX,t(9;22)(q34;q11)"}), ["BCR", "ABL1"]),
    ],
    ids=["transcript", "gene in brackets", "words", "karyotype"],
)
def test_without_a_gene_component_the_name_of_the_change_tells_it(part: Json, genes: list[str]) -> None:
    results = read(variant("", part)).results
    assert [result.gene for result in results] == genes
    assert all(result.by_name for result in results)


def test_a_change_known_by_its_position_only_is_counted() -> None:
    readings = read(variant("", *position("A", "G", 96448129, "LA30102-0")))
    assert (readings.results, keys(readings)) == ((), ["gene-not-stated"])


def test_changes_behind_a_genotype_drive_nothing() -> None:
    whole = genotype("CYP2C19", "*2/*2", "g", derivedFrom=[{"reference": "Observation/v1"}])
    behind = variant("CYP2C19", GERMLINE, named("81290-9", "NC_000010.10:g.96540410G>A"), ident="v1")
    beside = variant("CYP2C19", GERMLINE, named("81290-9", "NC_000010.10:g.96521657C>T"), ident="v2")
    uses = {result.source: result.use for result in read(whole, behind, beside).results}
    assert uses == {"Observation/g": Use.YES, "Observation/v1": Use.NO, "Observation/v2": Use.YES}


def test_changes_behind_a_genotype_that_was_not_called_stay_results() -> None:
    whole = genotype("DPYD", "No call", "g", derivedFrom=[{"reference": "Observation/v1"}])
    behind = variant("DPYD", GERMLINE, named("48004-6", "c.1905+1G>A"), ident="v1")
    uses = {result.source: result.use for result in read(whole, behind).results}
    assert uses["Observation/v1"] is Use.YES


def test_a_star_diplotype_in_a_change_is_a_diplotype() -> None:
    result = only(variant("CYP2C19", component("81252-9", {"text": "CYP2C19:*1/*2"})))
    assert (result.kind, result.text) == (ResultKind.DIPLOTYPE, "CYP2C19:*1/*2")


def test_a_test_of_one_change_gives_it_the_name_of_the_test() -> None:
    result = only(observation(loinc("49653-9"), valueString="Heterozygous"))
    assert (result.gene, result.allele, result.present) == ("TPMT", "c.719A>G", True)
    assert (result.zygosity, result.text) == ("heterozygous", "Heterozygous")


def test_a_sequenced_gene_gives_each_change_of_its_text() -> None:
    text = "Two pathogenic variants in trans: c.1399G>A (p.Ala467Thr) and c.2243G>C (p.Trp748Ser)"
    results = read(lab("POLG SEQUENCING", text)).results
    assert [(r.gene, r.kind, r.allele) for r in results] == [
        ("POLG", ResultKind.VARIANT, "c.1399G>A"),
        ("POLG", ResultKind.VARIANT, "c.2243G>C"),
    ]
    assert {(r.present, r.significance, r.text) for r in results} == {(True, "pathogenic", text)}


@pytest.mark.parametrize(
    ("text", "present", "significance"),
    [
        ("Pathogenic variant c.664C>T (p.Arg222Ter), heterozygous", True, "pathogenic"),
        ("Variant of uncertain significance c.3067A>G, heterozygous", True, "uncertain"),
        ("No pathogenic or likely pathogenic variant detected", False, ""),
        ("c.664C>T not detected", False, ""),
        ("Pathogenic variant c.664C>T; no other variants detected", True, "pathogenic"),
        ("c.664C>T, likely pathogenic. No additional variants.", True, "likely pathogenic"),
        ("Failed", None, ""),
    ],
)
def test_a_sequenced_gene_says_what_was_found(text: str, present: bool | None, significance: str) -> None:
    result = only(lab("SCN1A SEQUENCING", text))
    assert (result.present, result.significance, result.origin) == (present, significance, Origin.GERMLINE)


def test_a_sequencing_of_two_genes_that_found_nothing_holds_for_both() -> None:
    results = read(lab("BRCA1 AND BRCA2 SEQUENCING, GERMLINE", "No pathogenic variant detected")).results
    assert [(r.gene, r.present) for r in results] == [("BRCA1", False), ("BRCA2", False)]


def test_a_sequencing_of_two_genes_is_about_the_one_it_names() -> None:
    result = only(lab("BRCA1 AND BRCA2 SEQUENCING, GERMLINE", "Pathogenic variant BRCA1 c.68_69del"))
    assert (result.gene, result.allele, result.present) == ("BRCA1", "c.68_69del", True)


def test_a_test_named_after_a_change_finds_that_change() -> None:
    result = only(lab("FACTOR V LEIDEN MUTATION", "Heterozygous"))
    assert (result.gene, result.kind, result.allele) == ("F5", ResultKind.VARIANT, "Factor V Leiden")
    assert (result.present, result.zygosity) == (True, "heterozygous")
    assert only(lab("FACTOR V LEIDEN", "Not detected")).present is False
    assert only(lab("FACTOR V R506Q", "Positive")).allele == "Factor V Leiden"


def test_a_test_named_by_one_change_of_dna_finds_that_change() -> None:
    found = only(lab("DPYD *2A (c.1905+1G>A)", "Heterozygous"))
    assert (found.kind, found.allele, found.present) == (ResultKind.VARIANT, "c.1905+1G>A", True)
    assert only(lab("DPYD c.2846A>T", "Not detected")).present is False


def test_base_letters_under_the_name_of_a_change_are_a_genotype() -> None:
    found = only(lab("VKORC1 c.-1639G>A", "GA"))
    assert (found.kind, found.text) == (ResultKind.DIPLOTYPE, "-1639 GA")


def test_a_genotype_in_protein_letters_is_a_change() -> None:
    result = only(lab("LRRK2 GENOTYPE", "p.G2019S heterozygous"))
    assert (result.kind, result.allele, result.zygosity) == (ResultKind.VARIANT, "p.G2019S", "heterozygous")


def test_a_sequenced_gene_in_star_notation_is_a_genotype() -> None:
    assert only(lab("CYP2C9 SEQUENCING", "*1/*3")).kind is ResultKind.DIPLOTYPE


def test_gene_components_of_a_change_may_be_wrong_together() -> None:
    exchanged = [gene("NRAS", "HGNC:6407"), gene("KRAS", "HGNC:7989")]
    found = observation(loinc("69548-6"), valueCodeableConcept=ABSENT, component=exchanged)
    results = read(found).results
    assert [result.gene for result in results] == ["NRAS", "KRAS"]
    assert {notice.key for notice in results[0].notices} == {"gene-code-disagrees"}
