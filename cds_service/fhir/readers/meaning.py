"""What a test code or a test name stands for."""

from __future__ import annotations

from typing import NamedTuple

from cds_service.core.codes import GenomicCodes, TestCode
from cds_service.fhir.readers.words import dna_changes, hla_alleles
from cds_service.fhir.values import codings, concept_texts

#: Kinds that words of a name stand for; the first that is there decides.
_BY_WORDS = (
    "score",
    "typing",
    "biomarker",
    "haplotype",
    "phenotype",
    "genotype",
    "enzyme",
    "sequencing",
    "panel",
    "narrative",
)
_LONGEST_NAME = 200


class Meaning(NamedTuple):
    """
    A test, understood.

    Args:
        kind: As in `TestCode.kind`; empty if neither code nor name tells it.
        genes: The genes the code is for, else those the name names.
        allele: For a test of one allele or variant.
        name: The test name as sent.
        coded: True if a table knows the code; otherwise everything was read from the name.
        genes_coded: True if the genes come from the code.
        donor, somatic, germline: What the name or the code says about whose and which DNA it is.
        readable: False if there is neither a code nor a name.
        narrative: The name announces comments, so only values of a clear shape are results.
        pharmacogenomic: The name says no more than that it is such a test.
    """

    kind: str = ""
    genes: tuple[str, ...] = ()
    allele: str = ""
    name: str = ""
    coded: bool = False
    genes_coded: bool = False
    donor: bool = False
    somatic: bool = False
    germline: bool = False
    narrative: bool = False
    pharmacogenomic: bool = False
    readable: bool = True


def meaning_of(concept: object, codes: GenomicCodes) -> Meaning:
    """Look a code up in the tables, and read its names."""
    names = concept_texts(concept)
    name = names[0][:_LONGEST_NAME] if names else ""
    words = " | ".join(text[:_LONGEST_NAME] for text in names)
    known = [codes.tests[key] for coded in codings(concept) if (key := coded[:2]) in codes.tests]
    entry = next((test for test in known if test.genes), known[0] if known else None)
    kinds = codes.test_kinds(words)
    named = codes.named(words)
    hla = [(gene, allele) for gene, allele in hla_alleles(words) if gene in codes.symbols]
    kind = _kind(entry, kinds, single_allele=len(hla) == 1)
    genes = named.genes or tuple(dict.fromkeys(gene for gene, _ in hla))
    allele = hla[0][1] if len(hla) == 1 and kind == "presence" else named.allele or _change(words, kind)
    return Meaning(
        kind,
        entry.genes if entry and entry.genes else genes,
        (entry.allele if entry else "") or allele,
        name,
        coded=entry is not None,
        genes_coded=bool(entry and entry.genes),
        donor="donor" in kinds or bool(entry and entry.kind == "donor genotype"),
        somatic="somatic" in kinds or bool(entry and entry.kind == "tumour marker"),
        germline="germline" in kinds,
        narrative="narrative" in kinds,
        pharmacogenomic="pharmacogenomic" in kinds,
        readable=bool(names or codings(concept)),
    )


def _change(name: str, kind: str) -> str:
    """The one change of DNA a test is named after; empty if the name has none or several."""
    changes = {change for change in dna_changes(name) if change[0] != "p"}
    return changes.pop() if len(changes) == 1 and kind in ("", "genotype", "sequencing") else ""


def _kind(entry: TestCode | None, kinds: frozenset[str], *, single_allele: bool) -> str:
    if entry is not None:
        kind = {"donor genotype": "genotype", "tumour marker": "biomarker"}.get(entry.kind, entry.kind)
        # One SNOMED code is in use for both; only the name tells them apart.
        return "haplotype" if kind == "genotype" and "haplotype" in kinds else kind
    if single_allele and not kinds & {"enzyme", "typing"}:
        return "presence"
    return next((kind for kind in _BY_WORDS if kind in kinds), "")
