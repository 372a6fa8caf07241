"""The transaction: stable names, nothing twice, nothing that is not known, and who made it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import pytest
from fhir.resources.R4B.bundle import Bundle

from cds_service.core.actions import QUIET, Action
from cds_service.core.errors import InputError
from cds_service.core.evidence import Origin
from cds_service.core.finding import Finding, GeneUse
from cds_service.core.match import Outcome as RuleOutcome
from cds_service.core.model import Order
from cds_service.core.weigh import weigh
from cds_service.fhir.writing import (
    GeneResult,
    Outcome,
    Position,
    SampleResults,
    Software,
    VariantCall,
    WrittenResults,
    grch38_accession,
    recommendation_of,
    write_results,
)
from tests.builders import genotype, knowledge
from tests.fhir.writing.samples import (
    CHR1,
    CLOPIDOGREL,
    ISSUED,
    SOFTWARE,
    TACROLIMUS,
    called,
    coded,
    every_kind,
    pair,
    report,
    resources,
    variant,
    written,
)

_ADDRESS = re.compile(r'"(urn:uuid:[0-9a-f-]{36})"')


def conditions(document: WrittenResults) -> set[str]:
    return {entry["request"]["ifNoneExist"] for entry in document.document["entry"]}


def address(resource: dict[str, Any]) -> str:
    """What references to it say."""
    return f"urn:uuid:{resource['identifier'][0]['value']}"


def parts(resource: dict[str, Any], code: str) -> list[dict[str, Any]]:
    return [each for each in resource["component"] if code in str(each["code"])]


# -- names --


def test_the_same_results_give_the_same_bytes() -> None:
    assert written().as_bytes() == written().as_bytes()


def test_the_time_of_writing_changes_no_name() -> None:
    later = written(issued=datetime(2027, 1, 1, tzinfo=UTC), recommendations=(CLOPIDOGREL,))
    assert conditions(later) == conditions(written(recommendations=(CLOPIDOGREL,)))
    assert later.as_bytes() != written(recommendations=(CLOPIDOGREL,)).as_bytes()


@pytest.mark.parametrize(
    "change", [{"patient": "Patient/p2"}, {"sample": "S-18"}, {"specimen": "Specimen/9"}]
)
def test_nothing_of_another_person_or_sample_has_the_same_name_but_the_program(
    change: dict[str, str],
) -> None:
    common = conditions(written()) & conditions(written(**change))
    (device,) = resources(written(), "Device")
    assert common == {f"identifier=urn:pgx-cds:result|{device['identifier'][0]['value']}"}


def test_a_result_that_changed_has_a_new_name_and_the_others_keep_theirs() -> None:
    before = written(called("CYP2C19", "*1", "*2"), called("CYP2C9", "*1", "*1"))
    after = written(called("CYP2C19", "*1", "*3"), called("CYP2C9", "*1", "*1"))
    for gene, same in (("CYP2C9", True), ("CYP2C19", False)):
        (old,), (new,) = coded(before, "84413-4", gene), coded(after, "84413-4", gene)
        assert (old["identifier"] == new["identifier"]) is same


def test_other_knowledge_makes_another_device_and_provenance_of_the_same_results() -> None:
    newer = write_results(report(), codes=knowledge().codes, software=Software("pgx-cds", "1.2.3", "ef" * 32))
    assert len(conditions(newer) - conditions(written())) == 2


def test_every_entry_is_created_only_if_its_own_name_is_not_there() -> None:
    for entry in written().document["entry"]:
        kind = entry["resource"]["resourceType"]
        assert (entry["request"]["method"], entry["request"]["url"]) == ("POST", kind)
        searched = "_tag" if kind == "Provenance" else "identifier"
        name = entry["fullUrl"].removeprefix("urn:uuid:")
        assert entry["request"]["ifNoneExist"] == f"{searched}=urn:pgx-cds:result|{name}"
        (named,) = entry["resource"].get("identifier") or entry["resource"]["meta"]["tag"]
        assert set(named.values()) == {"urn:pgx-cds:result", name}
        assert UUID(name).version == 5


def test_references_are_to_entries_and_only_the_provenance_has_none() -> None:
    document = written()
    addresses = [entry["fullUrl"] for entry in document.document["entry"]]
    named = set(_ADDRESS.findall(orjson.dumps(list(document.resources)).decode()))
    (provenance,) = resources(document, "Provenance")
    assert named == set(addresses) - {f"urn:uuid:{provenance['meta']['tag'][0]['code']}"}
    assert len(addresses) == len(set(addresses))


def test_the_models_accept_what_was_written() -> None:
    document = written()
    again = Bundle.model_validate_json(document.as_bytes())
    assert orjson.loads(again.model_dump_json()) == document.document


# -- results --


def test_a_no_call_has_a_reason_instead_of_a_value_and_claims_no_profile() -> None:
    (found,) = coded(written(), "84413-4", "DPYD")
    assert [key for key in found if key.startswith("value")] == []
    assert found["dataAbsentReason"]["coding"][0]["code"] == "unknown"
    assert found["dataAbsentReason"]["text"] == "Too few reads"
    assert "meta" not in found
    assert coded(written(), "84414-2", "DPYD") == []


def test_an_ambiguous_result_states_all_possibilities_and_no_single_allele() -> None:
    (found,) = coded(written(), "84413-4", "CYP2B6")
    assert found["valueCodeableConcept"] == {"text": "*1/*6|*4/*9"}
    assert found["note"] == [{"text": "The phase is not known."}]
    assert coded(written(), "84414-2", "CYP2B6") == []


def test_a_gene_that_was_not_covered_has_a_region_with_a_reason_and_nothing_else() -> None:
    found = written(GeneResult("UGT1A1", Outcome.NOT_COVERED, reason="Not on the array"))
    (region,) = resources(found, "Observation")
    assert region["code"]["coding"][0]["code"] == "53041-0"
    assert region["dataAbsentReason"]["coding"][0]["code"] == "not-performed"
    assert region["dataAbsentReason"]["text"] == "Not on the array"


def test_the_region_of_a_covered_gene_says_what_was_not_seen() -> None:
    (region,) = coded(written(), "53041-0", "CYP2C19")
    assert "dataAbsentReason" not in region
    assert [each["valueInteger"] for each in parts(region, "Positions examined")] == [34]
    missing = parts(region, "Positions not examined")
    assert [each["valueString"] for each in missing] == ["NC_000010.11:g.94775507 (rs17885098)"]


def test_the_region_names_every_place_and_the_genotype_the_first_few() -> None:
    missing = tuple(Position(CHR1, 97000000 + place) for place in range(30))
    found = written(called("DPYD", "Reference", "Reference", missing=missing))
    (genotype_,), (region,) = coded(found, "84413-4", "DPYD"), coded(found, "53041-0", "DPYD")
    assert genotype_["note"][0]["text"].endswith("NC_000001.11:g.97000007 and 22 more")
    assert all(str(place) in parts(region, "Positions not examined")[0]["valueString"] for place in missing)


def test_the_study_lists_genes_that_were_called_and_that_were_not() -> None:
    (study,) = resources(written(), "Procedure", "genomic-study-analysis")
    regions = next(each for each in study["extension"] if each["url"].endswith("-regions"))["extension"]
    listed = {(each["url"], each["valueCodeableConcept"]["text"]) for each in regions}
    assert {gene for url, gene in listed if url == "uncalled"} == {"DPYD", "UGT1A1"}
    assert ("studied", "UGT1A1") not in listed
    assert {("studied", "DPYD"), ("called", "CYP2B6")} <= listed


def test_two_equal_alleles_are_two_haplotypes() -> None:
    found = coded(written(called("CYP2C9", "*1", "*1")), "84414-2", "CYP2C9")
    assert [each["valueCodeableConcept"]["text"] for each in found] == ["*1", "*1"]
    assert found[0]["identifier"] != found[1]["identifier"]


def test_a_genotype_is_derived_from_its_alleles_and_variants() -> None:
    document = written(called("CYP2C19", "*1", "*2", variants=(variant(),)))
    (found,) = coded(document, "84413-4", "CYP2C19")
    behind = coded(document, "84414-2", "CYP2C19") + coded(document, "69548-6", "CYP2C19")
    addresses = [address(each) for each in behind]
    assert [each["reference"] for each in found["derivedFrom"]] == addresses


def test_a_gene_has_its_number_and_symbol() -> None:
    (found,) = coded(written(called("CYP2C19", "*1", "*2")), "84413-4", "CYP2C19")
    assert parts(found, "48018-6")[0]["valueCodeableConcept"] == {
        "coding": [{"system": "http://www.genenames.org", "code": "HGNC:2621", "display": "CYP2C19"}],
        "text": "CYP2C19",
    }


def test_classes_are_coded_where_codes_exist_and_in_words_elsewhere() -> None:
    document = written(
        GeneResult("CYP2C19", phenotype="Intermediate Metabolizer"),
        GeneResult("NUDT15", phenotype="Possible Intermediate Metabolizer"),
    )
    first, second = (found for found in resources(document, "Observation") if "valueCodeableConcept" in found)
    assert first["code"]["coding"][0]["code"] == "79714-2"
    assert first["valueCodeableConcept"]["coding"][0]["code"] == "LA10317-8"
    assert second["code"] == {"text": "NUDT15 phenotype"}
    assert second["valueCodeableConcept"] == {"text": "Possible Intermediate Metabolizer"}


def test_a_place_is_written_with_sequence_build_and_counting() -> None:
    (found,) = coded(written(GeneResult("CYP2C19", variants=(variant(),))), "69548-6", "CYP2C19")
    assert parts(found, "48013-7")[0]["valueCodeableConcept"]["coding"][0]["code"] == "NC_000010.11"
    assert parts(found, "62374-4")[0]["valueCodeableConcept"]["coding"][0]["display"] == "GRCh38"
    assert parts(found, "81254-5")[0]["valueRange"] == {
        "low": {"value": 94781859},
        "high": {"value": 94781859},
    }
    assert parts(found, "92822-6")[0]["valueCodeableConcept"]["coding"][0]["code"] == "LA30102-0"
    assert [parts(found, code)[0]["valueString"] for code in ("69547-8", "69551-0")] == ["G", "A"]
    hgvs = parts(found, "81290-9")[0]["valueCodeableConcept"]["coding"][0]["code"]
    assert hgvs == "NC_000010.11:g.94781859G>A"


def test_a_deletion_is_named_by_what_was_called_because_vcf_has_several_spellings_of_it() -> None:
    call = VariantCall(Position(CHR1, 97515839), "CAT", "C")
    (found,) = coded(written(GeneResult("DPYD", variants=(call,))), "69548-6", "DPYD")
    assert parts(found, "81290-9") == []
    assert parts(found, "81252-9")[0]["valueCodeableConcept"] == {"text": "NC_000001.11:97515838:CAT:C"}
    assert parts(found, "81254-5")[0]["valueRange"]["high"] == {"value": 97515841}


@pytest.mark.parametrize(
    ("chromosome", "accession"),
    [
        ("chr1", "NC_000001.11"),
        ("7", "NC_000007.14"),
        ("chr22", "NC_000022.11"),
        ("chrX", "NC_000023.11"),
        ("chrM", "NC_012920.1"),
    ],
)
def test_chromosomes_have_their_sequences_of_grch38(chromosome: str, accession: str) -> None:
    assert grch38_accession(chromosome) == accession


@pytest.mark.parametrize("chromosome", ["chr23", "chr0", "", "NC_000010.11", "chrUn"])
def test_a_chromosome_that_is_none_is_refused(chromosome: str) -> None:
    with pytest.raises(InputError, match="chr1 to chr22"):
        grch38_accession(chromosome)


# -- recommendations --


def test_an_implication_rests_on_the_genotype_and_cites_its_source() -> None:
    document = written(every_kind()[0], recommendations=(CLOPIDOGREL,))
    (found,) = resources(document, "Observation", "therapeutic-implication")
    (genotype_,) = coded(document, "84413-4", "CYP2C19")
    assert [each["reference"] for each in found["derivedFrom"]] == [address(genotype_)]
    cited = [each["valueRelatedArtifact"] for each in found["extension"]]
    assert [(each["type"], each["url"]) for each in cited] == [
        ("citation", "https://cpicpgx.org/guidelines/"),
        ("citation", "https://pubmed.ncbi.nlm.nih.gov/35034351"),
    ]
    medication = parts(found, "51963-7")[0]["valueCodeableConcept"]
    assert (medication["coding"][0]["code"], medication["text"]) == ("32968", "clopidogrel")


def test_a_task_proposes_what_the_advice_says_for_the_patient() -> None:
    document = written(every_kind()[0], recommendations=(CLOPIDOGREL,))
    (task,) = resources(document, "Task")
    (implication,) = resources(document, "Observation", "therapeutic-implication")
    assert (task["status"], task["intent"]) == ("requested", "proposal")
    assert task["description"] == "Choose another antiplatelet drug."
    assert task["code"]["coding"][0]["code"] == "LA26421-0"
    assert task["reasonReference"]["reference"] == address(implication)
    assert "CPIC guideline for clopidogrel" in task["note"][0]["text"]
    assert task["note"][1]["text"] == "Rules: cpic-clopidogrel-1"


@pytest.mark.parametrize("action", sorted(QUIET, key=str))
def test_what_changes_nothing_is_an_implication_without_a_task(action: Action) -> None:
    advised = replace(TACROLIMUS, action=action)
    document = written(called("CYP3A5", "*3", "*3"), recommendations=(advised,))
    assert len(resources(document, "Observation", "therapeutic-implication")) == 1
    assert resources(document, "Task") == []
    (whole,) = resources(document, "DiagnosticReport")
    assert not any(each["url"].endswith("recommended-action") for each in whole["extension"])


@pytest.mark.parametrize("action", [Action.REDUCE_OR_SWITCH, Action.MONITOR, Action.TEST_FIRST])
def test_an_action_the_answer_list_does_not_have_gets_no_code(action: Action) -> None:
    document = written(every_kind()[0], recommendations=(replace(CLOPIDOGREL, action=action),))
    (task,) = resources(document, "Task")
    assert "code" not in task


def test_a_recommendation_without_a_result_in_the_report_is_refused() -> None:
    with pytest.raises(InputError, match="clopidogrel rests on no result"):
        written(GeneResult("CYP2C19", Outcome.NOT_COVERED), recommendations=(CLOPIDOGREL,))


def test_a_finding_of_the_engine_becomes_a_recommendation() -> None:
    base = knowledge()
    evidence = weigh(base.genes["CYP2C19"], [genotype("CYP2C19", "*2/*2")])
    guideline = base.drugs["clopidogrel"].sources["cpic"].guideline
    finding = Finding(
        order=Order("MedicationRequest/1"),
        drug=base.drugs["clopidogrel"],
        outcome=RuleOutcome.GUIDANCE,
        action=Action.AVOID,
        genes=(GeneUse(evidence, evidence.only),),
        guideline=guideline,
        strength="strong",
        rules=("r1",),
    )
    made = recommendation_of(finding, advice="Choose another drug.")
    assert (made.drug, made.rxcui, made.genes) == ("clopidogrel", "32968", ("CYP2C19",))
    assert (made.phenotype, made.strength) == ("Poor Metabolizer", "CPIC strong")
    assert made.citation is not None
    assert (made.citation.label, made.citation.url) == (guideline.name, guideline.url)


# -- the report --


def test_the_report_lists_every_observation_once_and_every_task() -> None:
    document = written()
    (whole,) = resources(document, "DiagnosticReport")
    listed = [each["reference"] for each in whole["result"]]
    observations = {address(found) for found in resources(document, "Observation")}
    assert sorted(listed) == sorted(observations)
    tasks = [address(each) for each in resources(document, "Task")]
    actions = [e for e in whole["extension"] if e["url"].endswith("recommended-action")]
    assert [each["valueReference"]["reference"] for each in actions] == tasks


def test_provenance_names_program_version_knowledge_and_source() -> None:
    document = written()
    (provenance,), (device,) = resources(document, "Provenance"), resources(document, "Device")
    assert provenance["agent"][0]["who"]["reference"] == address(device)
    assert device["deviceName"][0]["name"] == SOFTWARE.name
    assert [each["value"] for each in device["version"]] == [SOFTWARE.version, SOFTWARE.knowledge_hash]
    assert provenance["entity"][0]["what"]["identifier"]["value"] == f"urn:sha256:{'cd' * 32}"
    made = {address(found) for found in document.resources if "identifier" in found}
    targets = {each["reference"] for each in provenance["target"]}
    studies = {address(found) for found in resources(document, "Procedure")}
    assert targets == made - studies - {address(device)}
    assert provenance["recorded"] == ISSUED.isoformat().replace("+00:00", "Z")


def test_what_is_not_known_is_not_written() -> None:
    document = written(called("CYP2C19", "*1", "*2"), measured_on=None, laboratory="", sample="", sources=())
    (found,) = coded(document, "84413-4", "CYP2C19")
    assert {"effectiveDateTime", "performer", "specimen", "note", "method"} & found.keys() == set()
    assert [len(each["agent"]) for each in resources(document, "Provenance")] == [1]


# -- values that cannot be --


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"gene": "", "phenotype": "x"}, "no gene"),
        ({}, "nothing is stated"),
        ({"diplotypes": (pair("TPMT", "*1", "*2"), pair("TPMT", "*1", "*3A"))}, "outcome is ambiguous"),
        ({"outcome": Outcome.AMBIGUOUS, "diplotypes": (pair("TPMT", "*1", "*2"),) * 2}, "all possibilities"),
        ({"outcome": Outcome.NO_CALL, "phenotype": "Normal Metabolizer"}, "states no alleles and no class"),
        ({"outcome": Outcome.NO_CALL, "diplotypes": (pair("TPMT", "*1", "*2"),)}, "states no alleles"),
        ({"outcome": Outcome.NO_CALL, "score": Decimal("1")}, "states no alleles"),
        ({"outcome": Outcome.NOT_COVERED, "presence": (("*57:01", False),)}, "states no alleles"),
        ({"outcome": Outcome.NOT_COVERED, "variants": (variant(),)}, "has no variants"),
        ({"diplotypes": (pair("CYP2C19", "*1", "*2"),)}, "of another gene"),
    ],
)
def test_a_result_that_contradicts_itself_is_refused(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        GeneResult(**{"gene": "TPMT", **fields})


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"at": None}, "a position or a name"),
        ({"ref": "g"}, "bases in capitals"),
        ({"alt": "<DEL>"}, "bases in capitals"),
        ({"origin": Origin.SOMATIC}, "tumour"),
    ],
)
def test_a_variant_that_cannot_be_written_is_refused(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        variant(**fields)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"patient": ""}, "for a patient"),
        ({"patient": "p1"}, "written Type/id"),
        ({"specimen": "S-17"}, "written Type/id"),
        ({"issued": datetime(2026, 11, 21)}, "time zone"),
        ({"genes": ()}, "no result to write"),
    ],
)
def test_a_report_that_cannot_be_written_is_refused(fields: dict[str, Any], complaint: str) -> None:
    good: dict[str, Any] = {
        "patient": "Patient/p1",
        "sample": "S",
        "issued": ISSUED,
        "genes": (called("TPMT", "*1", "*2"),),
    }
    with pytest.raises(InputError, match=complaint):
        SampleResults(**{**good, **fields})
