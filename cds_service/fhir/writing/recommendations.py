"""What follows for drugs: therapeutic implications, and proposals to the prescriber as Tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cds_service.core.actions import QUIET, Action
from cds_service.core.errors import InputError
from cds_service.core.finding import Finding
from cds_service.fhir.writing import ig
from cds_service.fhir.writing.ig import Built
from cds_service.fhir.writing.results import Citation, Recommendation
from cds_service.fhir.writing.sheet import Sheet, component, references, without_empty

_PUBMED = "https://pubmed.ncbi.nlm.nih.gov/"
#: What is asked, in the terms of the guide's answer list. Actions that ask for two things at once, or for
#: something the list does not have, get no code: their description says it.
_ASKED = {
    Action.CONTRAINDICATED: "consider alternative medication",
    Action.AVOID: "consider alternative medication",
    Action.CONSIDER_ALTERNATIVE: "consider alternative medication",
    Action.REDUCE_DOSE: "decrease dose",
    Action.INCREASE_DOSE: "increase dose",
}


def recommendation_of(finding: Finding, *, advice: str, implication: str = "") -> Recommendation:
    """
    A finding of the engine as something to write.

    Args:
        finding: About one drug; its genes must not be empty.
        advice: What to do, in the words of the card.
        implication: What the result means, in the words of the card.

    Raises:
        InputError: The finding rests on no gene, or there is no advice.
    """
    guideline = finding.guideline
    classes = [use.state.phenotype for use in finding.genes if use.state is not None]
    graded = f"{guideline.source.upper()} {finding.strength}".strip() if guideline else finding.strength
    return Recommendation(
        drug=finding.drug.name,
        genes=tuple(use.evidence.gene for use in finding.genes),
        action=finding.action,
        advice=advice,
        implication=implication,
        rxcui=finding.drug.rxcuis[0] if finding.drug.rxcuis else "",
        phenotype=classes[0] if len(finding.genes) == 1 and classes else "",
        strength=graded,
        citation=Citation(guideline.name, guideline.url, guideline.pmids) if guideline else None,
        rules=finding.rules,
    )


def write_recommendation(
    sheet: Sheet, found: Recommendation, evidence: Mapping[str, Sequence[str]]
) -> tuple[str, str]:
    """
    Enter the implication of a recommendation and, unless nothing is asked, a Task.

    Args:
        sheet: The report.
        found: The recommendation.
        evidence: Gene -> addresses of the Observations that state its results.

    Returns:
        Addresses of the implication and of the Task, which is empty if there is none.

    Raises:
        InputError: None of the genes has a result in this report.
    """
    behind = [address for gene in dict.fromkeys(found.genes) for address in evidence.get(gene, ())]
    if not behind:
        raise InputError(
            f"the recommendation for {found.drug} rests on no result of this report", "recommendations"
        )
    implication = sheet.ledger.add(_implication(sheet, found, behind))
    if found.action in QUIET:
        return implication, ""
    return implication, sheet.ledger.add(_task(sheet, found, implication))


def _implication(sheet: Sheet, found: Recommendation, behind: Sequence[str]) -> Built:
    day = sheet.report.measured_on
    made: Built = {
        "resourceType": "Observation",
        "meta": ig.profile(ig.IMPLICATION),
        "extension": [*_citations(found.citation)],
        "status": "final",
        "category": ig.CATEGORIES,
        "code": ig.provisional(ig.IMPLICATION),
        "effectiveDateTime": day.isoformat() if day else None,
        **sheet.person(),
        "derivedFrom": references(behind),
        "component": _components(sheet, found),
    }
    return without_empty(made)


def _components(sheet: Sheet, found: Recommendation) -> list[Built]:
    meaning = sheet.answer(found.phenotype) if found.phenotype else {"text": found.implication}
    parts: list[Built] = [
        component(ig.MEDICATION, ig.concept(ig.RXNORM, found.rxcui, found.drug, found.drug)),
    ]
    if found.phenotype or found.implication:
        parts.append({"code": ig.provisional(ig.IMPLICATION), "valueCodeableConcept": meaning})
    if found.strength:
        parts.append(component(ig.EVIDENCE_LEVEL, {"text": found.strength}))
    words = " ".join(text for text in (found.implication, found.advice) if text)
    parts.append({"code": ig.provisional(ig.CONCLUSION), "valueString": words})
    return parts


def _citations(citation: Citation | None) -> list[Built]:
    """The guideline and its articles, as artifacts that are cited."""
    if citation is None:
        return []
    artifacts = [{"display": citation.label, "url": citation.url}]
    artifacts += [{"display": f"PMID {pmid}", "url": f"{_PUBMED}{pmid}"} for pmid in citation.pmids]
    return [
        {"url": ig.RELATED_ARTIFACT, "valueRelatedArtifact": {"type": "citation", **without_empty(artifact)}}
        for artifact in artifacts
    ]


def _task(sheet: Sheet, found: Recommendation, implication: str) -> Built:
    asked = _ASKED.get(found.action, "")
    made: Built = {
        "resourceType": "Task",
        "meta": ig.profile("medication-recommendation"),
        "status": "requested",
        "intent": "proposal",
        "code": sheet.coded_answer(asked) if asked else None,
        "description": found.advice,
        "for": {"reference": sheet.report.patient},
        "authoredOn": sheet.person()["issued"],
        "reasonCode": {"text": found.drug},
        "reasonReference": {"reference": implication},
        "note": [{"text": text} for text in _sources(found)],
    }
    return without_empty(made)


def _sources(found: Recommendation) -> list[str]:
    """Grading and source, and the rules by their ids."""
    citation = found.citation
    words = [found.strength, *([citation.label, citation.url] if citation else [])]
    words += [f"PMID {pmid}" for pmid in citation.pmids] if citation else []
    texts = ["; ".join(word for word in words if word)]
    texts += [f"Rules: {', '.join(found.rules)}"] if found.rules else []
    return [text for text in texts if text]
