"""Every result a rule is written for can occur: a class, diplotype, score or allele of its gene."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cds_service.core.genes import Gene, Method
from cds_service.core.match import NO_RESULT
from cds_service.curation.conditions_in import named_diplotypes
from cds_service.curation.context import Context, Fault
from cds_service.curation.drugs import ANY_OTHER, parse_score_band
from cds_service.curation.results import SIGNS, diplotype_state

name = "result-words"


def run(context: Context) -> Iterator[Fault]:
    """Results that no laboratory report is ever read into: such a rule would never speak."""
    if context.knowledge is None:
        return
    genes = context.knowledge.genes
    for path, document in context.rule_files.items():
        for rule in document["rules"]:
            for gene, word in _words(rule):
                if gene in genes:
                    yield from (Fault(path, rule["id"], what) for what in unmet(word, genes[gene]))


def unmet(word: str, gene: Gene) -> Iterator[str]:
    """Why a word of a rule is met by no result, or by fewer than its author thought."""
    if not is_result(word, gene):
        yield f"no result of {gene.symbol} is ever read as '{word}'; write it as the gene's files do"
    elif word == ANY_OTHER and gene.method is Method.ALLELE_PRESENCE:
        # Where single alleles are reported, the gene as a whole has no result that "any other" could mean.
        yield f"'{ANY_OTHER}' meets no allele of {gene.symbol} that was not found; write it as negative"


def is_result(word: str, gene: Gene) -> bool:
    """True if a state of the gene can meet this word."""
    if word == ANY_OTHER or word in NO_RESULT or word in gene.phenotypes:
        return True
    if gene.method is Method.ALLELE_PRESENCE:
        allele, _, sign = word.rpartition(" ")
        return allele in gene.presence_alleles and sign in SIGNS
    if parse_score_band(word) is not None:
        return bool(gene.bands)
    return diplotype_state(word, gene) is not None


def _words(rule: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for when in rule["when"]:
        for gene, words in when.items():
            yield from ((gene, word) for word in words)
    for branch in rule["branches"]:
        yield from named_diplotypes(branch.get("when"))
