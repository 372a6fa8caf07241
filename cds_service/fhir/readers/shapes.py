"""Which reader the shape of a value belongs to, where value and test tell everything."""

from __future__ import annotations

from collections.abc import Callable

from cds_service.core.evidence import ResultKind, Use
from cds_service.core.model import Notice
from cds_service.fhir.readers import notices, words
from cds_service.fhir.readers.biomarker import read_biomarker
from cds_service.fhir.readers.laboratory import read_laboratory
from cds_service.fhir.readers.presence import read_presence
from cds_service.fhir.readers.sequencing import is_of_all_genes, read_sequencing
from cds_service.fhir.readers.single_allele import is_of_one_allele, read_single_allele
from cds_service.fhir.readers.stated import Attributed, Stated, Subject, Value

Reader = Callable[[Value, str], list[Stated]]

#: Kinds of test of one gene, whose value says in which form the result is.
_VALUE_TELLS = frozenset({"genotype", "phenotype", "score", "typing"})


def state(value: Value, subject: Subject) -> list[Attributed | Notice]:
    """What a value says about the genes it is about; a notice if that cannot be told apart."""
    genes = subject.genes
    kind, allele = value.meaning.kind, value.meaning.allele
    if len(genes) == 1 and is_of_one_allele(value, genes[0]):
        return _each(value, subject, read_single_allele)
    if kind not in _VALUE_TELLS or allele:
        if is_biomarker(value, genes):
            return _each(value, subject, read_biomarker)
        if _is_sequencing(value, genes):
            if is_of_all_genes(value, genes):
                return _each(value, subject, read_sequencing)
            return [notices.genes_ambiguous(genes)]
    if len(genes) > 1:
        if not kind and (value.meaning.germline or value.meaning.somatic) and is_of_all_genes(value, genes):
            return _each(value, subject, read_sequencing)
        return _of_several_genes(value, subject)
    if kind == "presence" and allele:
        return _each(value, subject, read_presence)
    if kind == "genotype" and _is_of_changes(value.answer.first):
        return _each(value, subject, read_sequencing)
    if not kind and words.significance_in(value.answer.first) and "*" not in value.answer.first:
        # A test named by its gene alone, such as a part of a panel, that says how grave the change is.
        return _each(value, subject, read_sequencing)
    return _each(value, subject, read_laboratory)


def state_loci(value: Value, subject: Subject) -> list[Attributed | Notice]:
    """What a typing of several loci says about each locus that is a gene of ours."""
    found = [
        Attributed(gene, Stated(ResultKind.DIPLOTYPE, alleles), subject)
        for gene, alleles in words.typings_in(value.answer.first)
        if gene in value.codes.symbols
    ]
    return [*found] or ([notices.genes_ambiguous(subject.genes)] if subject.genes else [])


def _each(value: Value, subject: Subject, reader: Reader) -> list[Attributed | Notice]:
    return [Attributed(gene, said, subject) for gene in subject.genes for said in reader(value, gene)]


def is_biomarker(value: Value, genes: tuple[str, ...]) -> bool:
    """A tumour marker by code or name, or a test of a gene that is examined in tumours."""
    meaning = value.meaning
    if meaning.kind == "biomarker":
        return True
    if meaning.kind not in ("sequencing", ""):
        return False
    in_tumours = all(gene in value.codes.tumour_genes for gene in genes)
    if meaning.kind == "sequencing":
        return meaning.somatic or (in_tumours and not meaning.germline)
    # Symbols also turn up in names of chemistry tests, whose quantities have other units.
    return in_tumours and (value.answer.amount is None or value.answer.unit == "%")


def _is_sequencing(value: Value, genes: tuple[str, ...]) -> bool:
    """A sequenced gene or a test of one variant, unless the value is stars, base letters, or a class."""
    meaning = value.meaning
    if "*" in value.answer.first or words.is_bare_letters(value.answer.first):
        return False
    if meaning.kind == "sequencing" and all(value.term(gene) in value.codes.phenotypes for gene in genes):
        return False
    return meaning.kind == "sequencing" or (bool(meaning.allele) and meaning.kind in ("", "genotype"))


def _is_of_changes(text: str) -> bool:
    """A genotype told as changes of protein, or with the clinical significance of what was found."""
    return words.names_only_protein(text) or ("*" not in text and bool(words.significance_in(text)))


def _of_several_genes(value: Value, subject: Subject) -> list[Attributed | Notice]:
    """One text about several genes is not taken apart: a person has to read it."""
    text = value.answer.first
    named = value.codes.genes_named(text)
    title = value.meaning.name or text[: words.LONGEST_RESULT]
    document = Stated(ResultKind.DOCUMENT, title, Use.CONTEXT)
    ambiguous: list[Attributed | Notice] = [notices.genes_ambiguous(subject.genes)]
    return ambiguous + [Attributed(gene, document, subject) for gene in subject.genes if gene in named]
