"""What was looked at and what was not: an Observation for each gene, and the study as a whole."""

from __future__ import annotations

from cds_service.fhir.writing import ig
from cds_service.fhir.writing.ig import Built
from cds_service.fhir.writing.results import GeneResult, Outcome
from cds_service.fhir.writing.sheet import Sheet, without_empty

_COMPLETED = "completed"


def write_region(sheet: Sheet, result: GeneResult) -> str:
    """
    Enter the region studied of a gene; returns its address.

    The third edition of the guide has no profile for it any more, so none is claimed; code and components are
    those of the second. A gene nobody looked at has a reason instead of components.
    """
    covered = result.outcome is not Outcome.NOT_COVERED
    parts = [sheet.studied(result.gene)]
    if result.examined is not None:
        parts.append({"code": {"text": "Positions examined"}, "valueInteger": result.examined})
    if result.missing:
        places = "; ".join(str(place) for place in result.missing)
        parts.append({"code": {"text": "Positions not examined"}, "valueString": places})
    return sheet.observation(
        result,
        ig.loinc(ig.REGION, f"{result.gene} region studied"),
        dataAbsentReason=None if covered else ig.absent("not-performed", result.reason or "Not covered"),
        component=parts,
    )


def write_study(sheet: Sheet) -> str:
    """Enter the genomic study with its analysis, which lists genes that were called and that were not."""
    frame = {
        "subject": {"reference": sheet.report.patient},
        "status": _COMPLETED,
        "category": ig.CATEGORIES[0],
    }
    day = sheet.report.measured_on
    frame.update({"performedDateTime": day.isoformat()} if day else {})
    analysis: Built = {
        "resourceType": "Procedure",
        "meta": ig.profile("genomic-study-analysis"),
        "extension": [
            {
                "url": ig.extension_url("genomic-study-analysis-genome-build"),
                "valueCodeableConcept": ig.GRCH38,
            },
            {"url": ig.extension_url("genomic-study-analysis-regions"), "extension": _regions(sheet)},
        ],
        **frame,
    }
    if not _knows_places(sheet):
        del analysis["extension"][0]
    address = sheet.ledger.add(without_empty(analysis))
    link = {"url": ig.extension_url("genomic-study-analysis-ext"), "valueReference": {"reference": address}}
    study: Built = {
        "resourceType": "Procedure",
        "meta": ig.profile("genomic-study"),
        "extension": [link],
        "code": {"text": sheet.report.method or "Pharmacogenomic analysis"},
        **frame,
    }
    return sheet.ledger.add(study)


def _regions(sheet: Sheet) -> list[Built]:
    found: dict[str, list[str]] = {"studied": [], "called": [], "uncalled": []}
    for result in sheet.report.genes:
        if result.outcome is not Outcome.NOT_COVERED:
            found["studied"].append(result.gene)
        no_result = result.outcome in (Outcome.NO_CALL, Outcome.NOT_COVERED)
        found["uncalled" if no_result else "called"].append(result.gene)
    return [
        {"url": url, "valueCodeableConcept": sheet.gene(gene)}
        for url, genes in found.items()
        for gene in dict.fromkeys(genes)
    ]


def _knows_places(sheet: Sheet) -> bool:
    """Whether any position is stated, all of which are on one build."""
    return any(
        result.missing or any(call.at is not None for call in result.variants)
        for result in sheet.report.genes
    )
