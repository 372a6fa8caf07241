"""Codes of genomic results: which gene a code or a name means, and what an answer says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

_WORD = re.compile(r"[A-Za-z0-9]+")
_NO_WORD = re.compile(r"[^a-z0-9+]+")

#: What a test may give; see `TestCode`.
TEST_KINDS = frozenset(
    (
        *("genotype", "haplotype", "variant", "phenotype", "score", "presence", "typing", "sequencing"),
        *("biomarker", "panel", "implication", "significance", "consequence", "grouper", "report"),
        *("region", "phase", "enzyme", "component", "donor genotype", "tumour marker"),
    )
)


@dataclass(frozen=True, slots=True)
class TestCode:
    """
    What a laboratory test code stands for.

    Args:
        kind: `genotype`, `haplotype`, `variant`, `phenotype`, `score`, `presence`, `typing`, `panel`,
            `report`, `biomarker`, `implication`, `sequencing`, `component`, `enzyme`, ... A site's own codes
            may also be `donor genotype` and `tumour marker`.
        genes: HGNC symbols; empty if the gene stands elsewhere in the result.
        allele: For `presence`: the allele, such as `*57:01`. For a test of one variant only: its name.
    """

    __test__: ClassVar[bool] = False  # a value, not a test class, whatever its name looks like to pytest

    kind: str
    genes: tuple[str, ...] = ()
    allele: str = ""


@dataclass(frozen=True, slots=True)
class GeneName:
    """
    What a name other than the symbol stands for.

    Args:
        genes: HGNC symbols; more than one for a fusion or a pair that is always tested together.
        allele: The variant the name is for, if it is for one only.
    """

    genes: tuple[str, ...]
    allele: str = ""


@dataclass(frozen=True, slots=True)
class GenomicCodes:
    """
    All code tables the readers use.

    Args:
        tests: `(system, code)` -> meaning. `system` is the URI as published; LOINC is `http://loinc.org`.
            Local codes of a site are added here.
        answers: Coded answer -> term (`LA9657-3` -> `Poor Metabolizer`); codes are unique over systems.
        answer_words: Answer in plain words -> term; see `plain_words`. A word that only one gene uses in this
            sense has the gene in front (`tpmt high activity`).
        gene_by_hgnc: HGNC number without prefix (`2621`) -> symbol.
        symbols: All gene symbols the readers may report on; also names of tumour markers that are no genes.
        phenotypes: The terms among the answers that are phenotypes, as against `present` or `no call`.
        old_words: Plain words of phenotype terms that are no longer in use.
        gene_names: Other names of genes, lower case -> meaning.
        test_words: Words of test names, lower case -> kind of test, or `donor`, `somatic`, `germline`.
        transcripts: Transcript accession without version -> symbol.
        tumour_genes: Genes that are tested in tumours unless the record says otherwise.
        classes: Gene -> its phenotype terms, for genes of the knowledge base.
    """

    tests: Mapping[tuple[str, str], TestCode] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    answer_words: Mapping[str, str] = field(default_factory=dict)
    gene_by_hgnc: Mapping[str, str] = field(default_factory=dict)
    symbols: frozenset[str] = frozenset()
    phenotypes: frozenset[str] = frozenset()
    old_words: frozenset[str] = frozenset()
    gene_names: Mapping[str, GeneName] = field(default_factory=dict)
    test_words: Mapping[str, str] = field(default_factory=dict)
    transcripts: Mapping[str, str] = field(default_factory=dict)
    tumour_genes: frozenset[str] = frozenset()
    classes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    hgnc_by_gene: Mapping[str, str] = field(init=False, repr=False, compare=False)
    _names: _Names = field(init=False, repr=False, compare=False)
    _kinds: _Names = field(init=False, repr=False, compare=False)
    _phrases: _Names = field(init=False, repr=False, compare=False)
    _by_upper: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        terms = self.answer_words.items()
        sentences = [words for words, term in terms if term in self.phenotypes and " " in words]
        for name, value in {
            "hgnc_by_gene": {symbol: number for number, symbol in self.gene_by_hgnc.items()},
            "_by_upper": {symbol.upper(): symbol for symbol in self.symbols},
            "_names": _Names([*self.symbols, *self.gene_names]),
            "_kinds": _Names(self.test_words),
            "_phrases": _Names(sentences),
        }.items():
            object.__setattr__(self, name, value)

    def symbol(self, text: str) -> str:
        """The gene a text is the symbol of, in any case; empty if it is none of ours."""
        return self._by_upper.get(text.strip().upper(), "")

    def genes_named(self, text: str) -> tuple[str, ...]:
        """
        The genes a text names, by symbol or another name, in order and once each.

        >>> codes = GenomicCodes(symbols=frozenset({"CYP2C9", "CYP2C19"}))
        >>> codes.genes_named("PGX cyp2c19_GENO (not CYP2C190)")
        ('CYP2C19',)
        """
        found = self._names.found_in(text)
        if len(found) == 1 and found[0] in self._by_upper:
            return (self._by_upper[found[0]],)
        return self.named(text).genes if found else ()

    def named(self, text: str) -> GeneName:
        """The genes a text names, and the variant if one of the names is for one variant only."""
        genes: dict[str, None] = {}
        allele = ""
        for name in self._names.found_in(text):
            found = self.gene_names.get(name.lower())
            if found is None:
                genes[self._by_upper[name]] = None
            else:
                genes.update(dict.fromkeys(found.genes))
                allele = allele or found.allele
        return GeneName(tuple(genes), allele)

    def test_kinds(self, name: str) -> frozenset[str]:
        """All kinds and marks the words of a test name stand for."""
        return frozenset(self.test_words[words.lower()] for words in self._kinds.found_in(name))

    def term(self, text: str, gene: str = "") -> str:
        """
        The term an answer in words stands for; empty if it is none.

        Case, hyphens, British spelling, a gene in front and a remark in brackets make no difference.

        >>> codes = GenomicCodes(answer_words={"ultrarapid metabolizer": "Ultrarapid Metabolizer"})
        >>> codes.term("CYP2D6 Ultra-rapid Metaboliser (HCC)", "CYP2D6")
        'Ultrarapid Metabolizer'
        """
        for words in _forms(text, gene):
            own = self.answer_words.get(f"{plain_words(gene)} {words}", "") if gene else ""
            found = own or self.answer_words.get(words, "")
            if found:
                return found
        return ""

    def is_old(self, text: str, gene: str = "") -> bool:
        """True if the answer is in words that were replaced by a newer term."""
        return any(words in self.old_words for words in _forms(text, gene))

    def phenotypes_in(self, text: str, gene: str) -> tuple[str, ...]:
        """The phenotype terms a sentence about a gene mentions, once each; negated ones count too."""
        found = (self.term(phrase, gene) for phrase in self._phrases.found_in(plain_words(text)))
        return tuple(dict.fromkeys(term for term in found if term))


class _Names:
    """
    Finds names in a text as whole words, the longest at each place, without regard to case.

    Names are looked up by their first word: a text is read once, however many names there are.

    >>> _Names(["HLA-B", "HLA-B locus"]).found_in("hla-b locus, HLA-B*57:01, HLA-BX")
    ['HLA-B LOCUS', 'HLA-B']
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._by_first_word: dict[str, list[str]] = {}
        for name in sorted({name.upper() for name in names}, key=lambda name: (-len(name), name)):
            first = _WORD.search(name)
            if first is not None:
                self._by_first_word.setdefault(first.group(), []).append(name)

    def found_in(self, text: str) -> list[str]:
        """The names, in upper case, in the order of the text; they do not overlap."""
        if self._by_first_word.keys().isdisjoint(_WORD.findall(text.upper())):
            return []
        found: list[str] = []
        end = 0
        for word in _WORD.finditer(text):
            start = word.start()
            if start < end:
                continue
            for name in self._by_first_word.get(word.group().upper(), ()):
                stop = start + len(name)
                if text[start:stop].upper() == name and not text[stop : stop + 1].isalnum():
                    end = stop
                    found.append(name)
                    break
        return found


def plain_words(text: str) -> str:
    """
    A text without what laboratories write differently: case, hyphens, brackets, s or z.

    >>> plain_words("Ultra-Rapid  metaboliser")
    'ultrarapid metabolizer'
    """
    plain = _NO_WORD.sub(" ", text.lower()).strip()
    return plain.replace("metabolis", "metaboliz").replace("ultra rapid", "ultrarapid")


def _forms(text: str, gene: str) -> Iterable[str]:
    """The text as plain words: whole, then without remarks in brackets, the gene, and empty words."""
    whole = plain_words(text)
    yield whole
    bare = plain_words(_IN_BRACKETS.sub(" ", text))
    if gene:
        bare = bare.removeprefix(plain_words(gene)).strip()
    if bare != whole:
        yield bare
    essential = " ".join(word for word in bare.split() if word not in _EMPTY_WORDS)
    if essential != bare:
        yield essential


#: Words that stand around a term without changing it. None of them denies or doubts.
_EMPTY_WORDS = frozenset(
    (
        "a",
        "an",
        "the",
        "is",
        "phenotype",
        "status",
        "predicted",
        "result",
        "interpretation",
        "consistent",
        "with",
    )
)
_IN_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
