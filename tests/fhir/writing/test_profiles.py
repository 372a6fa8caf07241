"""Everything the writer writes, against the published profiles, and proof that the check can fail."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from cds_service.core.actions import Action
from cds_service.fhir.writing import GeneResult, Outcome, Recommendation, VariantCall, WrittenResults
from tests.builders import knowledge
from tests.fhir.writing.ig_checker import Guide
from tests.fhir.writing.samples import called, coded, resources, variant, written

Json = dict[str, Any]
_BASE = "http://hl7.org/fhir/uv/genomics-reporting/StructureDefinition"
_CLAIMED = {
    "genotype",
    "haplotype",
    "variant",
    "therapeutic-implication",
    "genomic-report",
    "genomic-study",
    "genomic-study-analysis",
    "medication-recommendation",
}


def problems(guide: Guide, document: WrittenResults) -> list[str]:
    return [f"{found['resourceType']} {each}" for found in document.resources for each in guide.check(found)]


def test_a_report_with_every_kind_of_result_follows_its_profiles(guide: Guide) -> None:
    document = written()
    urls = {url for found in document.resources for url in found.get("meta", {}).get("profile", [])}
    assert {url.rpartition("/")[2] for url in urls} == _CLAIMED
    assert problems(guide, document) == []


@pytest.mark.parametrize("symbol", sorted(knowledge().genes))
def test_results_of_every_gene_follow_their_profiles(guide: Guide, symbol: str) -> None:
    gene = knowledge().genes[symbol]
    first = called(symbol, *[*gene.alleles][:2]) if gene.alleles else GeneResult(symbol, written="*1/*2")
    classes = (GeneResult(symbol, phenotype=term) for term in gene.phenotypes)
    presence = (GeneResult(symbol, presence=((allele, True),)) for allele in gene.presence_alleles)
    rest = (GeneResult(symbol, Outcome.NO_CALL), GeneResult(symbol, variants=(variant(),)))
    assert problems(guide, written(first, *classes, *presence, *rest)) == []


@pytest.mark.parametrize("action", list(Action), ids=lambda action: action.value)
def test_recommendations_of_every_action_follow_their_profiles(guide: Guide, action: Action) -> None:
    advised = Recommendation("clopidogrel", ("CYP2C19",), action, "What to do.")
    assert problems(guide, written(called("CYP2C19", "*1", "*2"), recommendations=(advised,))) == []


@pytest.mark.parametrize(
    "zygosity", ["heterozygous", "homozygous", "hemizygous", "homoplasmic", "heteroplasmic"]
)
@pytest.mark.parametrize("present", [True, False, None])
def test_variants_of_every_kind_follow_their_profile(
    guide: Guide, zygosity: str, present: bool | None
) -> None:
    calls = (
        variant(zygosity=zygosity, present=present),
        VariantCall(names=("NM_000769.4:c.681G>A", "NM_000769.2:c.681G>A"), present=present),
    )
    assert problems(guide, written(GeneResult("CYP2C19", variants=calls))) == []


def test_what_claims_no_profile_still_has_the_form_all_observations_of_the_guide_share(guide: Guide) -> None:
    free = [found for found in resources(written(), "Observation") if "meta" not in found]
    assert len(free) > 10
    assert [str(each) for found in free for each in guide.check_as(found, f"{_BASE}/finding")] == []


def test_the_guides_own_examples_pass(guide: Guide, guide_folder: Path) -> None:
    examples = [
        json.loads(path.read_text("utf8")) for path in sorted((guide_folder / "example").glob("*.json"))
    ]
    inner = [entry["resource"] for example in examples for entry in example.get("entry", [])]
    checked = [found for found in (*examples, *inner) if found.get("meta", {}).get("profile")]
    found = [str(each) for example in checked for each in guide.check(example)]
    assert len(checked) > 150
    # Task and RiskAssessment of other guides, and of editions that came later.
    assert [each for each in found if "the guide has no profile" not in each] == []


# -- planted errors --


def part(resource: Json, code: str) -> Json:
    """The component with a code."""
    return next(each for each in resource["component"] if each["code"]["coding"][0]["code"] == code)


def recode(concept: Json, **values: str) -> None:
    concept["coding"][0].update(values)


def region(resource: Json) -> Json:
    return next(each for each in resource["extension"] if each["url"].endswith("-regions"))["extension"][0]


_PLANTED: list[tuple[str, str, Callable[[Json], object], str]] = [
    (
        "wrong code",
        "genotype",
        lambda r: recode(r["code"], code="84414-2"),
        "Observation.code: does not hold",
    ),
    ("no value", "genotype", lambda r: r.pop("valueCodeableConcept"), "value[x]: is there 0 times"),
    (
        "value of another type",
        "genotype",
        lambda r: r.update(valueString="*1/*2"),
        "type the profile does not",
    ),
    ("no section", "genotype", lambda r: r["category"].pop(), "geCategory: is there 0 times"),
    ("no status", "haplotype", lambda r: r.pop("status"), "status: is there 0 times"),
    (
        "gene without value",
        "haplotype",
        lambda r: part(r, "48018-6").pop("valueCodeableConcept"),
        "gene-studied",
    ),
    (
        "answer of another list",
        "variant",
        lambda r: recode(r["valueCodeableConcept"], code="LA6576-8"),
        "LL1971-2",
    ),
    (
        "zygosity that is a source",
        "variant",
        lambda r: recode(part(r, "53034-5")["valueCodeableConcept"], code="LA6683-2"),
        "LL381-5",
    ),
    (
        "zygosity twice",
        "variant",
        lambda r: r["component"].append(part(r, "53034-5")),
        "allelic-state: is there 2",
    ),
    (
        "HGVS of another system",
        "variant",
        lambda r: recode(part(r, "81290-9")["valueCodeableConcept"], system="urn:x"),
        "hgvs-vs",
    ),
    (
        "range as text",
        "variant",
        lambda r: part(r, "81254-5").update(valueString=str(part(r, "81254-5").pop("valueRange"))),
        "exact-start-end.valueString",
    ),
    (
        "nothing behind it",
        "therapeutic-implication",
        lambda r: r.pop("derivedFrom"),
        "derivedFrom: is there 0",
    ),
    ("a value", "therapeutic-implication", lambda r: r.update(valueString="x"), "value[x]: is there 1 times"),
    (
        "a class that is a zygosity",
        "therapeutic-implication",
        lambda r: recode(part(r, "therapeutic-implication")["valueCodeableConcept"], code="LA6706-1"),
        "genetic-therapeutic-implications-vs",
    ),
    ("begun already", "medication-recommendation", lambda r: r.update(status="draft"), "Task.status"),
    ("an order", "medication-recommendation", lambda r: r.update(intent="order"), "Task.intent"),
    ("another answer", "medication-recommendation", lambda r: recode(r["code"], code="LA9633-4"), "LL4049-4"),
    (
        "another section",
        "genomic-report",
        lambda r: recode(r["category"][0], code="LAB"),
        "Genetics: is there 0",
    ),
    (
        "old report code",
        "genomic-report",
        lambda r: recode(r["code"], code="81247-9"),
        "DiagnosticReport.code",
    ),
    ("a code", "genomic-study-analysis", lambda r: r.update(code={"text": "x"}), "code: is there 1 times"),
    (
        "region without gene",
        "genomic-study-analysis",
        lambda r: region(r).pop("valueCodeableConcept"),
        "studied",
    ),
    ("no subject", "genomic-study", lambda r: r.pop("subject"), "subject: is there 0 times"),
    (
        "of another kind",
        "genotype",
        lambda r: r.update(resourceType="Task"),
        "the profile is for Observation",
    ),
    (
        "unknown profile",
        "genotype",
        lambda r: r["meta"].update(profile=[f"{_BASE}/x"]),
        "the guide has no profile",
    ),
]


@pytest.mark.parametrize(
    ("profile", "spoil", "complaint"),
    [pytest.param(*rest, id=f"{rest[0]}: {name}") for name, *rest in _PLANTED],
)
def test_a_planted_error_is_found(
    guide: Guide, profile: str, spoil: Callable[[Json], object], complaint: str
) -> None:
    document = written()
    good = next(
        found
        for kind in ("Observation", "Task", "DiagnosticReport", "Procedure")
        for found in resources(document, kind, profile)
        if "code" in found or kind == "Procedure"
    )
    bad = deepcopy(good)
    spoil(bad)
    assert guide.check(good) == []
    assert [str(found) for found in guide.check(bad) if complaint in str(found)]


def test_a_no_call_that_claimed_the_profile_of_genotypes_would_be_found(guide: Guide) -> None:
    (no_call,) = coded(written(), "84413-4", "DPYD")
    assert [str(found) for found in guide.check_as(no_call, f"{_BASE}/genotype")] == [
        "Observation.value[x]: is there 0 times, must be at least 1"
    ]
