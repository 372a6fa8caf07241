"""`pgx-cds knowledge list` and `knowledge show`: what is in the knowledge, and what is not."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from cds_service.core.knowledge_base import Drug, KnowledgeBase, SourceRules
from cds_service.curation.coverage import (
    SOURCES,
    Coverage,
    Covered,
    cover,
    load_statements,
    uncounted,
    unexplained,
)
from cds_service.curation.describe import branches_words, condition_words, plain, results_words
from cds_service.curation.describe_tumour import tumour_lines
from cds_service.curation.signoff import item_hashes
from cds_service.hooks.site import read_site
from cds_service.resources import knowledge_folder
from cds_service.settings import Settings, read_settings
from cds_service.wsgi import load_knowledge


def add_to(tools: Any) -> None:
    """Add both tools to the parser of `knowledge`."""
    listing = tools.add_parser("list", help="what the knowledge covers")
    what = listing.add_mutually_exclusive_group()
    what.add_argument("--drugs", action="store_true", help="drugs and their rules by source (the default)")
    what.add_argument("--genes", action="store_true", help="genes and how their alleles are read")
    what.add_argument(
        "--coverage",
        action="store_true",
        help="what CPIC, DPWG and FDA speak about: covered, silent, missing",
    )
    listing.set_defaults(run=run_list)
    show = tools.add_parser("show", help="all rules of one drug in words, with what a sign-off signs")
    show.add_argument("drug", metavar="DRUG")
    show.set_defaults(run=run_show)


def run_list(options: argparse.Namespace) -> int:
    """Print a table. Exit 1 if a drug of the sources is missing and nobody said why."""
    settings = read_settings(os.environ, require_jwt=False)
    knowledge = load_knowledge(settings, read_site(settings.site))
    if options.coverage:
        return _list_coverage(settings, knowledge)
    _table(_genes(knowledge) if options.genes else _drugs(knowledge))
    return 0


def _genes(knowledge: KnowledgeBase) -> Iterator[tuple[str, ...]]:
    yield "gene", "method", "alleles", "classes", "drugs"
    for gene in knowledge.genes.values():
        drugs = sum(gene.symbol in drug.genes for drug in knowledge.drugs.values())
        yield gene.symbol, gene.method.value, str(len(gene.alleles)), str(len(gene.phenotypes)), str(drugs)


def _drugs(knowledge: KnowledgeBase) -> Iterator[tuple[str, ...]]:
    yield "drug", "genes", "rules", "replacements", "tests"
    for drug in sorted(knowledge.drugs.values(), key=lambda item: item.name):
        tumour = knowledge.tumour.drugs.get(drug.name) if knowledge.tumour else None
        rules = [f"{name} {len(source.rules)}" for name, source in drug.sources.items()]
        choices, tests = len(drug.alternatives), len(drug.pretests)
        markers: frozenset[str] = frozenset()
        if tumour is not None:
            rules.append(f"tumour {len(tumour.rules)}")
            choices, tests = choices + len(tumour.alternatives), tests + len(tumour.tests)
            markers = tumour.markers
        genes = "/".join([*sorted(drug.genes), *sorted(markers)])
        yield drug.name, genes, ", ".join(rules), str(choices), str(tests)


def _table(rows: Iterable[Sequence[str]]) -> None:
    listed = list(rows)
    widths = [max(len(row[column]) for row in listed) for column in range(len(listed[0]))]
    for row in listed:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


# -- coverage --------------------------------------------------------------------------------------


def _list_coverage(settings: Settings, knowledge: KnowledgeBase) -> int:
    statements = load_statements(settings.knowledge or knowledge_folder())
    covered = sorted(cover(statements, knowledge), key=lambda item: item.statement.drug)
    _table(_coverage_rows(covered))
    print()
    for line in _coverage_counts(covered):
        print(line)
    for place in uncounted(statements, knowledge):
        print(f"rules the table does not know of: {place}")
    open_ends = unexplained(covered)
    for statement in open_ends:
        print(f"no reason: {statement.drug}, {statement.source}, {statement.gene}", file=sys.stderr)
    return 1 if open_ends else 0


def _coverage_rows(covered: Iterable[Covered]) -> Iterator[tuple[str, ...]]:
    yield "drug", "gene", *SOURCES, "reason"
    for (drug, gene), items in groupby(
        sorted(covered, key=lambda item: (item.statement.drug, item.statement.gene)),
        key=lambda item: (item.statement.drug, item.statement.gene),
    ):
        found = {item.statement.source: item for item in items}
        cells = [found[source].status.value if source in found else "-" for source in SOURCES]
        yield drug, gene, *cells, "; ".join(_reasons(found))


def _reasons(found: Mapping[str, Covered]) -> Iterator[str]:
    sources: dict[str, list[str]] = {}
    for source, item in found.items():
        if item.status is not Coverage.COVERED:
            sources.setdefault(item.reason or "no reason given", []).append(source)
    for reason, named in sources.items():
        yield f"{', '.join(named)}: {reason}"


def _coverage_counts(covered: Sequence[Covered]) -> Iterator[str]:
    for source in SOURCES:
        mine = [item for item in covered if item.statement.source == source]
        yield f"{source}: {len({item.statement.drug for item in mine})} drugs, {_statuses(mine)}"
    answered: Counter[Coverage] = Counter()
    for _, items in groupby(covered, key=lambda item: item.statement.drug):
        answered[_best(item.status for item in items)] += 1
    counts = ", ".join(f"{answered[status]} {status.value}" for status in Coverage)
    yield f"all: {answered.total()} drugs, by their best source: {counts}"


def _statuses(items: Iterable[Covered]) -> str:
    counts = Counter(item.status for item in items)
    return "statements: " + ", ".join(f"{counts[status]} {status.value}" for status in Coverage)


def _best(statuses: Iterable[Coverage]) -> Coverage:
    order = list(Coverage)
    return min(statuses, key=order.index)


# -- one drug --------------------------------------------------------------------------------------


def run_show(options: argparse.Namespace) -> int:
    """Print what is known of one drug. Exit 1 if it is not known."""
    settings = read_settings(os.environ, require_jwt=False)
    knowledge = load_knowledge(settings, read_site(settings.site))
    drug = knowledge.drugs.get(options.drug.lower())
    if drug is None:
        print(f"pgx-cds: the knowledge says nothing about '{options.drug}'", file=sys.stderr)
        return 1
    hashes = item_hashes(settings.knowledge or knowledge_folder())
    for line in _lines(drug, hashes):
        print(line)
    tumour = knowledge.tumour.drugs.get(drug.name) if knowledge.tumour else None
    for words, ident in tumour_lines(tumour) if tumour else ():
        print(words)
        if ident:
            print(f"{' ' * (len(words) - len(words.lstrip()))}    {ident}  {hashes[ident][:12]}")
    return 0


def _lines(drug: Drug, hashes: Mapping[str, str]) -> Iterator[str]:
    for source in drug.sources.values():
        yield f"{source.guideline.name}, {source.guideline.version}  {source.guideline.url}"
        yield from _rules(source, hashes)
    for item in drug.alternatives:
        use = condition_words(item.indication) if item.indication else "for any use"
        against = ", ".join(plain(e.name) for e in (*item.contraindications, *item.interactions))
        yield f"replacement {item.name}, {use}" + (f"; not if: {against}" if against else "")
        yield f"    {item.id}  {hashes[item.id][:12]}"
    for test in drug.pretests:
        weight = "required" if test.required else "recommended"
        people = condition_words(test.when) if test.when else "everyone"
        genes = " or ".join(test.genes)
        yield f"test of {genes} before the first dose, {weight} by {test.authority}: {people}"
        yield f"    {test.id}  {hashes[test.id][:12]}"


def _rules(source: SourceRules, hashes: Mapping[str, str]) -> Iterator[str]:
    for rule in source.rules:
        population = f", {plain(rule.population)}" if rule.population else ""
        strength = f" [{rule.strength}]" if rule.strength else ""
        yield f"  {results_words(rule.when)}{population}: {branches_words(rule)}{strength}"
        yield f"    {rule.id}  {hashes[rule.id][:12]}"
