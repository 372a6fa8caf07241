"""Every drug and every code of one is in the drug tables, so that an order of it is recognised."""

from __future__ import annotations

from collections.abc import Iterator

from cds_service.core.drug_text import text_key
from cds_service.core.knowledge_base import KnowledgeBase
from cds_service.curation.context import Context, Fault
from cds_service.curation.exceptions import Exceptions

name = "drug-names"
FILE = "decisions/names-without-code.tsv"


def run(context: Context) -> Iterator[Fault]:
    """Names and codes that no order is ever read into."""
    knowledge = context.knowledge
    if knowledge is None:
        return
    exceptions = Exceptions(context, FILE, ("name",))
    for path, where, drug, codes in _mentioned(context, knowledge):
        for what in _unrecognised(drug, codes, knowledge):
            if not exceptions.allows(drug):
                remedy = f"correct or add it, or list '{drug}' in {FILE} with the reason"
                yield Fault(path, where, f"{what}; {remedy}")
    yield from exceptions.leftovers()


def _mentioned(context: Context, knowledge: KnowledgeBase) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """File, place, name and codes of every drug that is named anywhere."""
    for drug in knowledge.drugs.values():
        yield context.file_of(drug, "drug"), "rxcui", drug.name, drug.rxcuis
        for choice in drug.alternatives:
            yield context.file_of(drug, "alternatives"), choice.id, choice.name, choice.rxcuis
    for path, document in context.files_of("drugs/*/alternatives.json"):
        for entry in document["alternatives"]:
            for item in entry.get("interactions", ()):
                yield path, entry["id"], item["drug"], (item["rxcui"],)
    for path, _, _, rule in context.compiled_rules():
        for other in sorted({*rule.unsuitable, *rule.named}):
            yield path, rule.id, other, ()


def _unrecognised(drug: str, codes: tuple[str, ...], knowledge: KnowledgeBase) -> Iterator[str]:
    """Codes that are not in the tables; the name counts where there is no code."""
    tables = knowledge.drug_codes
    for code in codes:
        if code not in tables.ingredients:
            yield f"rxnorm/ingredients.tsv has no code {code}"
    if not codes and text_key(drug) not in tables.by_name:
        yield f"rxnorm/ has no drug '{drug}'"
