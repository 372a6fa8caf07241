"""
Every pair of alleles, written as a VCF, is called back: phased and unphased.

What the definitions make equal cannot be told apart by anybody. Which pairs those are is worked out here a
second time, base by base from the tables, and not by the matcher.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations_with_replacement, permutations
from pathlib import Path

import pytest

from cds_service.calling.run import CallOptions
from cds_service.core.definitions import CallingMethod, DefinedAllele, GeneDefinition
from tests.calling.made_vcf import (
    Haplotype,
    call_text,
    definitions,
    gene_of,
    genes,
    haplotype,
    keys,
    lines,
    named,
    sites,
    text,
)

ALL_PAIRS_UP_TO = 40
SAMPLED = 150
SEED = 20261121
NAMED = sorted(g for g, d in definitions().items() if d.method is CallingMethod.NAMED_ALLELES)
LISTS = sorted(g for g, d in definitions().items() if d.method is CallingMethod.VARIANT_LIST)
Pair = tuple[str, str]

#: Pairs whose unphased bases are also those of another pair, which names more positions or as many -> what is
#: called. With phased bases there are none.
UNAVOIDABLE: Mapping[str, Mapping[Pair, set[Pair]]] = {
    "ABCG2": {},
    "CACNA1S": {},
    "CYP2C19": {("*1", "*34"): {("*38", "*40")}},
    "CYP3A5": {},
    "CYP4F2": {("*2", "*3"): {("*1", "*4")}},
    "IFNL3": {},
    "NUDT15": {("*3", "*6"): {("*1", "*2")}},
    "UGT1A1": {
        ("*28", "*80"): {("*1", "*80+*28")},
        ("*37", "*80"): {("*1", "*80+*37")},
        ("*28", "*80+*37"): {("*28", "*80+*37"), ("*37", "*80+*28")},
        ("*37", "*80+*28"): {("*28", "*80+*37"), ("*37", "*80+*28")},
    },
    "VKORC1": {},
}


def pairs_of(definition: GeneDefinition) -> list[Pair]:
    names = [allele.name for allele in definition.alleles]
    every = list(combinations_with_replacement(names, 2))
    if len(names) <= ALL_PAIRS_UP_TO:
        return every
    return random.Random(SEED).sample(every, SAMPLED)


class Oracle:
    """Which pairs explain a genotype, and which of them name most positions; slow and plain."""

    def __init__(self, definition: GeneDefinition) -> None:
        self.definition = definition
        self.positions = [(site.position, site.ref) for site in sites(definition)]
        self.reference = dict(self.positions)

    def best(self, copies: Sequence[Haplotype], *, phased: bool) -> set[frozenset[str]]:
        scored = [(self._score(pair, copies), pair) for pair in self._explaining(copies, phased)]
        top = max(score for score, _ in scored)
        return {frozenset(map(self._reported, pair)) for score, pair in scored if score == top}

    def explaining(self, copies: Sequence[Haplotype]) -> set[frozenset[str]]:
        return {frozenset(map(self._reported, pair)) for pair in self._explaining(copies, phased=False)}

    def _explaining(self, copies: Sequence[Haplotype], phased: bool) -> Iterator[Pair]:
        # Where a sample is plain, all that matters is whether an allele insists on something else.
        varied = [(p, ref) for p, ref in self.positions if any(copy[p] != ref for copy in copies)]
        plain = {p for p, _ in self.positions} - {p for p, _ in varied}
        alleles = [
            one
            for one in self.definition.alleles
            if all(self.reference[p] in bases for p, bases in one.bases.items() if p in plain)
            and all(any(copy[p] in one.bases.get(p, (ref,)) for copy in copies) for p, ref in varied)
        ]
        for one, other in combinations_with_replacement(alleles, 2):
            if _fits((one, other), copies, varied, phased):
                yield one.name, other.name

    def _score(self, pair: Pair, copies: Sequence[Haplotype]) -> int:
        score = 0
        for name in pair:
            if name == self.definition.reference:
                score += len(self.positions)
                continue
            bases = next(one.bases for one in self.definition.alleles if one.name == name)
            for position, allowed in bases.items():
                plain = all(copy[position] == self.reference[position] for copy in copies)
                score += len(allowed) == 1 or not plain
        return score

    def _reported(self, name: str) -> str:
        return self.definition.report_as.get(name, name)


def _fits(
    alleles: Sequence[DefinedAllele],
    copies: Sequence[Haplotype],
    varied: Sequence[tuple[int, str]],
    phased: bool,
) -> bool:
    def at(position: int, ref: str, order: Sequence[Haplotype]) -> bool:
        allowed = [allele.bases.get(position, (ref,)) for allele in alleles]
        return all(copy[position] in bases for copy, bases in zip(order, allowed, strict=True))

    orders = list(permutations(copies))
    if phased:
        return any(all(at(position, ref, order) for position, ref in varied) for order in orders)
    return all(any(at(position, ref, order) for order in orders) for position, ref in varied)


def _called_back(
    place: Path, gene: str, *, phased: bool
) -> Mapping[Pair, tuple[set[frozenset[str]], set[str]]]:
    """Pair -> the diplotypes called, and the notices."""
    definition = definitions()[gene]
    pairs = pairs_of(definition)
    people = [[haplotype(definition, name) for name in pair] for pair in pairs]
    content = text(lines(definition, people, phased=phased), [f"s{number}" for number in range(len(pairs))])
    results = call_text(place, content, CallOptions(research=frozenset({gene})))
    found = {}
    for pair, result in zip(pairs, results, strict=True):
        call = gene_of(result, gene)
        diplotypes = {frozenset(allele.allele for allele in one.alleles) for one in call.diplotypes}
        found[pair] = (diplotypes, keys(call))
    return found


@pytest.mark.parametrize("gene", NAMED)
def test_phased_pairs_are_called_back(gene: str, tmp_path: Path) -> None:
    definition, oracle = definitions()[gene], Oracle(definitions()[gene])
    wrong = {}
    for pair, (called, _) in _called_back(tmp_path, gene, phased=True).items():
        expected = oracle.best([haplotype(definition, name) for name in pair], phased=True)
        if called != expected or frozenset(definition.report_as.get(n, n) for n in pair) not in called:
            wrong[pair] = (called, expected)
    assert wrong == {}


@pytest.mark.parametrize("gene", NAMED)
def test_unphased_pairs_are_called_back_up_to_what_cannot_be_told_apart(gene: str, tmp_path: Path) -> None:
    definition, oracle = definitions()[gene], Oracle(definitions()[gene])
    wrong, unavoidable = {}, {}
    rules = {frozenset(r.call.split("/")): r for r in definition.priorities}
    for pair, (called, notices) in _called_back(tmp_path, gene, phased=False).items():
        copies = [haplotype(definition, name) for name in pair]
        expected = oracle.best(copies, phased=False)
        if "more-common" in notices:
            rule = rules[next(iter(called))]
            assert {frozenset(name.split("/")) for name in (rule.call, *rule.over)} <= oracle.explaining(
                copies
            )
            expected = {frozenset(rule.call.split("/"))}
        if called != expected:
            wrong[pair] = (called, expected)
        if called != {frozenset(definition.report_as.get(name, name) for name in pair)}:
            unavoidable[pair] = called
    assert wrong == {}
    if len(definition.alleles) <= ALL_PAIRS_UP_TO:
        assert unavoidable == {p: {frozenset(o) for o in others} for p, others in UNAVOIDABLE[gene].items()}


def _worst(gene: str, names: Sequence[str]) -> list[str]:
    """The functions of a pair, the worse one first."""
    order = definitions()[gene].worst_first
    return sorted((genes()[gene].alleles[name].function or "" for name in names), key=order.index)


@pytest.mark.parametrize("phased", [True, False])
@pytest.mark.parametrize("gene", [gene for gene in LISTS if definitions()[gene].copies.value == "two"])
def test_two_variants_of_a_list_are_called_back(gene: str, phased: bool, tmp_path: Path) -> None:
    definition = definitions()[gene]
    wrong = {}
    for pair, (called, _) in _called_back(tmp_path, gene, phased=phased).items():
        if called != {frozenset(pair)} and not _same_by_tag(definition, pair, called):
            wrong[pair] = called
    assert wrong == {}


def _same_by_tag(definition: GeneDefinition, pair: Pair, called: set[frozenset[str]]) -> bool:
    """Cause and tag on two copies, or the cause twice with one tag: the tagged allele can be on either."""
    tagged = {name for item in definition.tagged for name in (item.allele, item.alone)}
    return bool(tagged & set(pair)) and all(one & tagged for one in called)


def test_mitochondrial_variants_are_called_back(tmp_path: Path) -> None:
    definition = definitions()["MT-RNR1"]
    names = [allele.name for allele in definition.alleles]
    people = [[haplotype(definition, name)] for name in names]
    content = text(lines(definition, people, phased=False), names)
    called = [named(gene_of(result, "MT-RNR1")) for result in call_text(tmp_path, content)]
    assert called == [[name] for name in names]


def test_hemizygous_alleles_are_called_back(tmp_path: Path) -> None:
    definition = definitions()["G6PD"]
    names = [allele.name for allele in definition.alleles]
    people = [[haplotype(definition, name)] for name in names]
    content = text(lines(definition, people, phased=False), [f"s{number}" for number in range(len(names))])
    called = [named(gene_of(result, "G6PD")) for result in call_text(tmp_path, content)]
    assert called == [[name] for name in names]
