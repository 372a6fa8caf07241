"""`pgx-cds knowledge`: the curation tools."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from cds_service.commands import knowledge_compare
from cds_service.core.errors import KnowledgeError
from cds_service.core.knowledge_base import KnowledgeBase
from cds_service.hooks.site import read_site
from cds_service.settings import read_settings
from cds_service.wsgi import load_knowledge


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("knowledge", help="the curation tools")
    tools = parser.add_subparsers(dest="tool", required=True, metavar="TOOL")
    check = tools.add_parser("check", help="read all files strictly and say what is wrong")
    check.set_defaults(run=run_check)
    listing = tools.add_parser("list", help="what the knowledge covers")
    listing.add_argument("--genes", action="store_true")
    listing.set_defaults(run=run_list)
    show = tools.add_parser("show", help="all rules of one drug")
    show.add_argument("drug")
    show.set_defaults(run=run_show)
    knowledge_compare.add_to(tools)


def run_check(_: argparse.Namespace) -> int:
    """Exit 0 if the knowledge can be compiled, 1 with the reason if not."""
    try:
        knowledge = _load()
    except KnowledgeError as error:
        print(f"pgx-cds: {error}", file=sys.stderr)
        return 1
    rules = sum(len(source.rules) for drug in knowledge.drugs.values() for source in drug.sources.values())
    print(f"{len(knowledge.genes)} genes, {len(knowledge.drugs)} drugs, {rules} rules: no fault found")
    print(f"release {knowledge.released}, content {knowledge.content_hash}")
    return 0


def run_list(options: argparse.Namespace) -> int:
    """Print a table of drugs or genes."""
    knowledge = _load()
    if options.genes:
        for gene in knowledge.genes.values():
            print(f"{gene.symbol:10} {gene.method.value:16} {len(gene.alleles):4} alleles")
        return 0
    for drug in knowledge.drugs.values():
        counts = ", ".join(f"{name} {len(source.rules)}" for name, source in drug.sources.items())
        print(f"{drug.name:32} {'/'.join(sorted(drug.genes)):28} {counts}")
    return 0


def run_show(options: argparse.Namespace) -> int:
    """Print the rules of one drug."""
    drug = _load().drugs.get(options.drug.lower())
    if drug is None:
        print(f"pgx-cds: the knowledge says nothing about '{options.drug}'", file=sys.stderr)
        return 1
    for source in drug.sources.values():
        print(f"{source.guideline.name}, {source.guideline.version}  {source.guideline.url}")
        for rule in source.rules:
            actions = " | ".join(branch.action.value for branch in rule.branches)
            print(f"  {rule.id:80} {rule.strength:18} {actions}")
    for choice in drug.alternatives:
        print(f"  alternative: {choice.name}")
    return 0


def _load() -> KnowledgeBase:
    settings = read_settings(os.environ, require_jwt=False)
    return load_knowledge(settings, read_site(settings.site))
