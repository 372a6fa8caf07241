"""Reports that only a person can read: it is said that they exist, and nothing is taken out of their text."""

from __future__ import annotations

import re

from cds_service.core.evidence import Origin, ReportedResult, ResultKind, Use
from cds_service.fhir.readers.desk import Desk, says_tumour
from cds_service.fhir.readers.frame import USES, laboratory, measured_on, says_donor
from cds_service.fhir.values import (
    Json,
    concept_texts,
    day,
    mapping,
    mappings,
    resource_key,
    resource_type,
    text,
)

_PHARMACOGENOMIC = re.compile(r"\bpharmaco-?gen(?:omic|etic|e)s?\b|\bpgx\b", re.IGNORECASE)
_DOCUMENT_USES = {"current": Use.CONTEXT, "superseded": Use.NO, "entered-in-error": Use.NO}
_LONGEST_TITLE = 120


def read_document(desk: Desk, resource: Json) -> list[ReportedResult]:
    """
    State that a report exists, for each gene its title, code or conclusion names.

    Args:
        desk: The call.
        resource: A DiagnosticReport none of whose results could be read, or a DocumentReference.

    Returns:
        Results of kind DOCUMENT; one without a gene for a pharmacogenomic report that names none. Nothing for
        other reports. The conclusion is searched for names of genes only.
    """
    titles = _titles(resource)
    words = " | ".join([*titles, text(resource.get("conclusion")), text(resource.get("description"))])
    genes = desk.codes.genes_named(words)
    use = _use(resource)
    if use is None or not (genes or _PHARMACOGENOMIC.search(words)) or not _has_content(resource):
        return []
    tumour = says_tumour(" | ".join([*titles, desk.specimen_words(resource)]))
    return [
        ReportedResult(
            gene,
            ResultKind.DOCUMENT,
            titles[0][:_LONGEST_TITLE] if titles else "",
            resource_key(resource) or resource_type(resource),
            use,
            Origin.SOMATIC if tumour else Origin.GERMLINE,
            measured_on=measured_on(resource) or day(resource.get("date")),
            laboratory=laboratory(desk, resource),
            donor=any(says_donor(title) for title in titles),
        )
        for gene in genes or ("",)
    ]


def _titles(resource: Json) -> list[str]:
    """What the report calls itself, the title of the page before the name of the test."""
    pages = [*mappings(resource.get("presentedForm"))]
    pages += [mapping(content.get("attachment")) for content in mappings(resource.get("content"))]
    titles = [text(page.get("title")) for page in pages]
    titles += [*concept_texts(resource.get("code")), *concept_texts(resource.get("type"))]
    return list(dict.fromkeys(title for title in titles if title))


def _has_content(resource: Json) -> bool:
    """True if there is something a person could read; a report may also still name results nobody sent."""
    return any(resource.get(name) for name in ("presentedForm", "conclusion", "content", "result", "text"))


def _use(resource: Json) -> Use | None:
    """A document never drives a finding; pending and withdrawn ones keep their state. None if unreadable."""
    status = resource.get("status")
    if not isinstance(status, str):
        return None
    if resource_type(resource) == "DocumentReference":
        if resource.get("docStatus") in ("preliminary", "entered-in-error"):
            return USES[resource["docStatus"]]
        return _DOCUMENT_USES.get(status)
    use = USES.get(status)
    return Use.CONTEXT if use is Use.YES else use
