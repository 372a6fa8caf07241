"""Gene-drug pairs and drug codes of the CPIC database beside the knowledge."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from cds_service.core.drug_text import text_key
from cds_service.core.knowledge_base import Drug, KnowledgeBase
from cds_service.curation.importers.reading import Row, each_row, optional_text, text
from cds_service.curation.importers.report import Finding, Report

_BODY = "cpic"
#: Levels with a prescribing action; the others have none.
_ACTIONABLE = {"A", "A/B", "B"}


def check_pairs(tables: Mapping[str, list[Row]], knowledge: KnowledgeBase, report: Report) -> None:
    """
    List pairs with guidance that no rule speaks about, pairs that were retired, and drug codes that differ.

    Args:
        tables: The export.
        knowledge: The compiled knowledge.
        report: Takes what has to be reviewed.
    """
    names = {str(row.get("drugid")): str(row.get("name") or "") for row in tables.get("drug", ())}
    each_row(tables.get("pair", []), partial(_pair, names, knowledge, report), report, "pair")
    each_row(tables.get("drug", []), partial(_drug, knowledge, report), report, "drug")


def _pair(names: Mapping[str, str], knowledge: KnowledgeBase, report: Report, row: Row, place: str) -> None:
    gene, code, level = text(row, "genesymbol"), text(row, "drugid"), text(row, "cpiclevel")
    name = names.get(code) or code
    drug = _known(code, name, knowledge)
    spoken_of = drug is not None and any(gene in rules.genes for rules in drug.rules_of(_BODY))
    if row.get("removed") is True:
        if spoken_of:
            reason = optional_text(row, "removedreason") or "no reason given"
            report.add(Finding.TO_REVIEW, name, f"CPIC retired the pair with {gene}: {reason}", place)
    elif level in _ACTIONABLE and row.get("usedforrecommendation") is True and not spoken_of:
        what = f"CPIC has guidance with {gene} (level {level}), the knowledge has no rule for it"
        report.add(Finding.TO_REVIEW, name, what, place)


def _drug(knowledge: KnowledgeBase, report: Report, row: Row, place: str) -> None:
    name, rxcui = text(row, "name"), optional_text(row, "rxnormid")
    drug = knowledge.drugs.get(name.lower())
    if drug is None or not rxcui or rxcui in drug.rxcuis:
        return
    codes = knowledge.drug_codes
    ours = {base for code in drug.rxcuis for base in codes.ingredients.get(code, (code,))}
    ours |= {key for key in codes.by_name.get(text_key(drug.name), ()) if not drug.rxcuis}
    if not ours & set(codes.ingredients.get(rxcui, (rxcui,))):
        listed = ", ".join(drug.rxcuis) or "no code"
        report.add(Finding.TO_REVIEW, name, f"RxNorm code {rxcui} in the release, {listed} here", place)


def _known(code: str, name: str, knowledge: KnowledgeBase) -> Drug | None:
    rxcui = code.partition(":")[2]
    for base in knowledge.drug_codes.ingredients.get(rxcui, (rxcui,)):
        if base in knowledge.drug_by_rxcui:
            return knowledge.drugs[knowledge.drug_by_rxcui[base]]
    return knowledge.drugs.get(name.lower())
