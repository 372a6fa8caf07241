"""Every notice the readers can raise, in one place; the words live in `cards/phrases/`."""

from __future__ import annotations

from cds_service.core.model import Notice


def unreadable(kind: str, index: int) -> Notice:
    """A resource could not be read; says which, never what stands in it."""
    return Notice.of("unreadable-resource", type=kind or "unknown", index=str(index))


def other_person(count: int) -> Notice:
    """Results of somebody else were among the answers and were not looked at."""
    return Notice.of("other-person", count=str(count))


def no_subject(count: int) -> Notice:
    """Results that do not say whose they are were not used."""
    return Notice.of("no-subject", count=str(count))


def server_outcome(severity: str) -> Notice:
    """The server sent a message with its answer, so the answer may be incomplete."""
    return Notice.of("server-outcome", severity=severity)


def gene_not_stated(count: int) -> Notice:
    """Genomic results that name no gene were not used."""
    return Notice.of("gene-not-stated", count=str(count))


def genes_ambiguous(genes: tuple[str, ...]) -> Notice:
    """A result names several genes and does not say which one it is about."""
    return Notice.of("genes-ambiguous", genes=", ".join(genes))


def without_value(gene: str) -> Notice:
    """A test of a gene is on record without a result."""
    return Notice.of("result-without-value", gene=gene)


def haplotypes_incomplete(gene: str, count: int) -> Notice:
    """Single alleles are on record, but not the two that make a diplotype."""
    return Notice.of("haplotypes-incomplete", gene=gene, count=str(count))


def trait_resolved(gene: str) -> Notice:
    """The chart says that an inherited trait has resolved; the entry was not used."""
    return Notice.of("trait-resolved", gene=gene)


def old_term(term: str) -> Notice:
    """The laboratory used a word that has been replaced; `term` is today's."""
    return Notice.of("old-term", term=term)


def gene_code_disagrees(gene: str) -> Notice:
    """The gene's code and name do not belong together; the name was followed."""
    return Notice.of("gene-code-disagrees", gene=gene)


def gene_disagrees(gene: str, other: str) -> Notice:
    """The value names another gene than the test; neither is relied upon."""
    return Notice.of("gene-disagrees", gene=gene, other=other)


def answers_disagree(gene: str) -> Notice:
    """The code and the words of one answer say different things; both are shown."""
    return Notice.of("answers-disagree", gene=gene)


def status_unknown(gene: str) -> Notice:
    """The laboratory does not know the status of the result."""
    return Notice.of("status-unknown", gene=gene)


def superseded(gene: str) -> Notice:
    """A corrected version of this result is on record."""
    return Notice.of("superseded", gene=gene)


def from_haplotypes(gene: str) -> Notice:
    """The diplotype was put together from two single alleles."""
    return Notice.of("from-haplotypes", gene=gene)


def typing_malformed(gene: str) -> Notice:
    """The typing is not written as it should be; the alleles it refers to were taken."""
    return Notice.of("typing-malformed", gene=gene)


def reference_confirmed(gene: str) -> Notice:
    """A change is reported as present, but its new letters are the normal ones."""
    return Notice.of("reference-confirmed", gene=gene)


def source_class_disagrees(gene: str) -> Notice:
    """A change is called inherited, but the specimen is a tumour."""
    return Notice.of("source-class-disagrees", gene=gene)


def supports_genotype(gene: str) -> Notice:
    """A change that was found together with a genotype of the same gene; the genotype counts."""
    return Notice.of("supports-genotype", gene=gene)


def not_found_by_search(gene: str) -> Notice:
    """An allele was not found among the genotypes a server has, which may not cover it."""
    return Notice.of("not-found-by-search", gene=gene)
