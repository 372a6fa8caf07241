"""One quiet card for a chart that was opened: results on file that matter for what is taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID, uuid5

from cds_service.cards.extension import CRD_KEY, KEY, extension, language_mark
from cds_service.cards.results import escape
from cds_service.cards.summary import LIMIT, summary
from cds_service.cards.wording import Wording
from cds_service.core.finding import Finding
from cds_service.core.germline import GermlineFinding
from cds_service.core.urgency import Urgency

#: Lines of the card; what goes beyond is counted.
MOST_LINES = 8
OVERVIEW_KEY = "pgx-cds.overview"


def overview_card(
    findings: Sequence[Finding],
    germline: Sequence[GermlineFinding],
    unread: Sequence[tuple[str, str]],
    wording: Wording,
    sources: dict[str, str],
    released: str,
    namespace: UUID,
    topics: str,
) -> dict[str, Any]:
    """
    The card, with a line for each drug and one for each inherited finding.

    Nobody is ordering anything, and the advice comes again with the next order: so the card informs. Only
    where something critical is taken now, it warns.

    Args:
        findings: About what is taken, most urgent first.
        germline: What else is on file.
        unread: What was not read, and why, as keys: in one line at the end.
        wording: In which language.
        sources: Source id -> label.
        released: Date of the knowledge release.
        namespace: Makes the identifier unique to the call.
        topics: System of the topic code.
    """
    critical = any(finding.urgency is Urgency.CRITICAL for finding in findings)
    lines = [*(_line(item, wording) for item in findings), *(_germline(item, wording) for item in germline)]
    shown = [f"- {line}" for line in lines[:MOST_LINES]]
    if len(lines) > MOST_LINES:
        shown.append(f"- {wording.say('text.overview-more', count=str(len(lines) - MOST_LINES))}")
    paragraphs = ["\n".join(shown)] if shown else []
    if findings:
        paragraphs.append(wording.say("text.overview-why"))
    if unread:
        paragraphs.append(_unread(unread, wording))
    paragraphs.append(wording.say("text.knowledge", released=released))
    return {
        "uuid": str(uuid5(namespace, "overview")),
        "summary": _summary(findings, germline, unread, wording),
        "indicator": (Urgency.WARNING if critical else Urgency.INFO).value,
        "detail": "\n\n".join(paragraphs),
        "source": {"label": "pgx-cds", "topic": {"system": topics, "code": "patientOverview"}},
        **_links(findings, germline),
        "extension": {
            **_machines(findings, germline, unread, wording, sources),
            **language_mark(wording),
        },
    }


def _summary(
    findings: Sequence[Finding],
    germline: Sequence[GermlineFinding],
    unread: Sequence[tuple[str, str]],
    wording: Wording,
) -> str:
    if not findings and not germline:
        return wording.say("summary.overview-unread", what=wording.say(f"unread.{unread[0][0]}"))
    if not findings:
        genes = wording.join([item.gene for item in germline], "list-and")
        return wording.say("summary.overview-germline", genes=genes)
    drugs = list(dict.fromkeys(finding.drug.name for finding in findings))
    for named in range(len(drugs), 0, -1):
        rest = [wording.say("text.and-others")] if named < len(drugs) else []
        text = wording.say("summary.overview", drugs=", ".join([*drugs[:named], *rest]))
        if len(text) <= LIMIT:
            return text
    return wording.say("summary.overview", drugs=wording.say("text.and-others"))


def _line(finding: Finding, wording: Wording) -> str:
    guideline = finding.guideline
    source = f"{guideline.name}, {guideline.version}" if guideline else ""
    return wording.say("text.overview-line", advice=escape(summary(finding, wording)), source=escape(source))


def _germline(item: GermlineFinding, wording: Wording) -> str:
    dated = item.reports[0].measured_on
    when = (
        wording.say("text.origin-dated", date=dated.isoformat())
        if dated
        else wording.say("text.origin-undated")
    )
    return wording.say(
        f"germline.{item.kind.condition}",
        gene=item.gene,
        origin=when,
        source=escape(f"{item.kind.name}, {item.kind.version}"),
    )


def _unread(unread: Sequence[tuple[str, str]], wording: Wording) -> str:
    items = [
        wording.say("text.unread-item", what=wording.say(f"unread.{what}"), why=wording.say(f"gap.{why}"))
        for what, why in unread
    ]
    return wording.say("text.overview-unread", list="; ".join(items))


def _links(findings: Sequence[Finding], germline: Sequence[GermlineFinding]) -> dict[str, Any]:
    """Each source once, as the markdown of many clients shows no links."""
    named = [(f.guideline.name, f.guideline.url) for f in findings if f.guideline is not None]
    named += [(item.kind.name, item.kind.url) for item in germline]
    links = [
        {"label": label, "url": url, "type": "absolute"}
        for label, url in list(dict.fromkeys(named))[:MOST_LINES]
    ]
    return {"links": links} if links else {}


def _machines(
    findings: Sequence[Finding],
    germline: Sequence[GermlineFinding],
    unread: Sequence[tuple[str, str]],
    wording: Wording,
    sources: dict[str, str],
) -> dict[str, Any]:
    orders = list(_orders(findings))
    overview: dict[str, Any] = {
        "findings": [extension(finding, wording, sources)[KEY] for finding in findings],
        "germline": [
            {"id": item.kind.id, "gene": item.gene, "sources": [report.source for report in item.reports]}
            for item in germline
        ],
        "unread": [{"what": what, "why": why} for what, why in unread],
    }
    associated = {CRD_KEY: [{"reference": reference} for reference in orders]} if orders else {}
    return {OVERVIEW_KEY: {key: value for key, value in overview.items() if value}, **associated}


def _orders(findings: Sequence[Finding]) -> Iterator[str]:
    yield from dict.fromkeys(finding.order.reference for finding in findings if finding.order.reference)
