"""One result as `pgx-cds read` shows it: what it says, what it means, and whether it may be used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from cds_service.cards.wording import Wording
from cds_service.core.evidence import Origin, ReportedResult, ResultKind, Use
from cds_service.core.genes import Gene
from cds_service.core.knowledge_base import KnowledgeBase
from cds_service.core.model import Notice
from cds_service.core.panel_variants import diplotype_of_panel
from cds_service.core.weigh import GeneEvidence, ResultState, weigh

_WITHOUT_MEANING = frozenset({ResultKind.BIOMARKER})
#: States in which a value that stands alone drives nothing, and how that is said.
_UNUSABLE = {
    ResultState.NO_CALL: "result-no-call",
    ResultState.NOT_TRANSLATABLE: "result-not-translatable",
}
_SIGNS = {True: "positive", False: "negative", None: "undecided"}


def row_of(result: ReportedResult, knowledge: KnowledgeBase, words: Wording) -> dict[str, Any]:
    """
    A result as a JSON object.

    Args:
        result: As it stands in the record.
        knowledge: Says what its value means.
        words: The language of the notices.

    Returns:
        `gene`, `kind`, `value`, `origin`, `use`, `sources`, `notices`; where the tables know more,
        `diplotype`, `phenotype`, `activityScore`. What a laboratory may use but no table can translate has
        the use `no`.
    """
    gene = knowledge.genes.get(result.gene)
    use, notices, meaning = result.use, result.notices, {}
    if gene is not None and result.kind not in _WITHOUT_MEANING:
        found = _alone(result, gene)
        meaning = _meaning(found)
        if use is Use.YES and result.origin is not Origin.SOMATIC:
            use, more = _use(result, found)
            notices += more
    return {
        "gene": result.gene,
        "kind": result.kind.value,
        "value": result.text,
        "origin": result.origin.value,
        "use": use.value,
        "sources": [result.source],
        "notices": [said(notice, words) for notice in dict.fromkeys(notices)],
        **meaning,
    }


def rows_of_panels(
    results: Iterable[ReportedResult], knowledge: KnowledgeBase, words: Wording
) -> list[dict[str, Any]]:
    """
    One row for each gene whose diplotype only the changes of a panel tell together.

    Args:
        results: All results of one person.
        knowledge, words: As for `row_of`.
    """
    rows = []
    changes = [result for result in results if result.kind is ResultKind.VARIANT and result.use is Use.YES]
    for symbol in sorted({result.gene for result in changes} & knowledge.genes.keys()):
        gene = knowledge.genes[symbol]
        mine = [result for result in changes if result.gene == symbol]
        diplotype = diplotype_of_panel(mine, gene)
        found = weigh(gene, results)
        if diplotype is None or found.only is None or found.only.diplotype != diplotype:
            continue
        whole = replace(mine[0], kind=ResultKind.DIPLOTYPE, text=str(diplotype), notices=found.notices)
        sources = [result.source for result in mine]
        rows.append({**row_of(whole, knowledge, words), "sources": sources})
    return rows


def _use(result: ReportedResult, found: GeneEvidence) -> tuple[Use, tuple[Notice, ...]]:
    """How far a usable result may be used by what it means, and why not further."""
    if result.implied and not found.possible:
        return Use.NO, (Notice.of("result-not-translatable", gene=result.gene),)
    if found.state in _UNUSABLE:
        return Use.NO, found.notices or (Notice.of(_UNUSABLE[found.state], gene=result.gene),)
    if found.possible or found.presence:
        return Use.YES, found.notices
    is_there = result.kind is ResultKind.ALLELE_PRESENCE and result.present is not None
    only_absent = found.state is ResultState.PARTIAL and not result.present
    return (Use.YES if is_there and not only_absent else Use.CONTEXT), found.notices


def _alone(result: ReportedResult, gene: Gene) -> GeneEvidence:
    """What the result would mean if it were the only one, and usable."""
    found = weigh(gene, [replace(result, use=Use.YES, origin=Origin.GERMLINE, donor=False)])
    return replace(found, notices=tuple(n for n in found.notices if n.key != "class-from-implication"))


def _meaning(found: GeneEvidence) -> dict[str, str]:
    """What the service's own tables make of the value; several possibilities are joined by `or`."""
    meaning: dict[str, str] = {}
    if found.possible:
        states = found.possible
        meaning["diplotype"] = _one(str(state.diplotype or "") for state in states)
        meaning["phenotype"] = _one(state.phenotype for state in states)
        scores = {str(state.score) for state in states if state.score is not None}
        meaning["activityScore"] = scores.pop() if len(scores) == 1 else ""
    elif found.presence:
        meaning["phenotype"] = ", ".join(f"{a} {_SIGNS[present]}" for a, present in found.presence.items())
    return {key: text for key, text in meaning.items() if text}


def _one(texts: Iterable[str]) -> str:
    return " or ".join(dict.fromkeys(text for text in texts if text))


def said(notice: Notice, words: Wording) -> str:
    """The words of a notice; its key and slots where cards keep silent about it."""
    slots = ", ".join(f"{name}: {value}" for name, value in notice.slots)
    spoken = words.notice(notice) if words.has(f"notice.{notice.key}") else ""
    return spoken or (f"{notice.key} ({slots})" if slots else notice.key)
