"""`pgx-cds coverage`: which alleles a panel cannot see, and how common they are by group of people."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from cds_service.curation.definitions import load_definitions
from cds_service.curation.frequencies import load_frequencies
from cds_service.curation.genes import load_genes
from cds_service.curation.panel_file import read_panel
from cds_service.curation.panel_gaps import GeneGaps, GroupShare, UnseenAllele, panel_gaps
from cds_service.resources import knowledge_folder
from cds_service.settings import read_settings

#: Unseen alleles without a number are counted, and this many are named.
_MOST_NAMED = 8
_GROUPS = 3
#: Rarer ones are counted only; the JSON has all.
_COMMON = Decimal("0.001")


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "coverage",
        help="which alleles a panel cannot see, and how common they are by group of people",
        description="A panel is a table (a gene and an allele, an rs number or a place on each line) or a "
        "VCF whose records are its positions. Exit codes: 0 done, 2 unusable input.",
    )
    parser.add_argument("--panel", type=Path, required=True, metavar="FILE")
    parser.add_argument("--build", choices=("GRCh38", "GRCh37"), default="GRCh38", help="of the places")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print what a panel cannot see."""
    folder = read_settings(os.environ, require_jwt=False).knowledge or knowledge_folder()
    genes, definitions = load_genes(folder / "genes"), load_definitions(folder / "genes")
    panel = read_panel(options.panel, genes, definitions, grch37=options.build == "GRCh37")
    gaps = panel_gaps(panel, genes, definitions, load_frequencies(folder, genes))
    if options.json:
        print(orjson.dumps([as_json(one) for one in gaps], option=orjson.OPT_INDENT_2).decode())
        return 0
    for gene in gaps:
        for line in _gene(gene):
            print(line)
    print("A group's number is a mean over studies that differ; a missing number does not mean rare.")
    return 0


def as_json(gaps: GeneGaps) -> dict[str, Any]:
    """What a panel cannot see of one gene; shares are numbers from 0 to 1."""
    return {
        "gene": gaps.gene,
        "seen": list(gaps.seen),
        "unseen": [
            {
                "allele": one.allele,
                "function": one.function,
                "readAs": one.read_as,
                "groups": [_group_json(group) for group in one.groups],
            }
            for one in gaps.unseen
        ],
        "missedChromosomes": {group: float(share) for group, share in gaps.missed.items()},
        "missedPeople": {group: float(share) for group, share in gaps.people.items()},
    }


def _group_json(group: GroupShare) -> dict[str, Any]:
    found: dict[str, Any] = {"group": group.group, "share": float(group.share), "source": group.source}
    if group.lowest is not None and group.highest is not None:
        found["studies"] = {
            "count": group.studies,
            "lowest": float(group.lowest),
            "highest": float(group.highest),
        }
    return found


def _gene(gaps: GeneGaps) -> Iterator[str]:
    yield f"{gaps.gene}: sees {', '.join(gaps.seen) or 'no allele of changed function'}"
    numbered = [one for one in gaps.unseen if any(group.share for group in one.groups)]
    common = [one for one in numbered if any(group.share >= _COMMON for group in one.groups)]
    for one in common:
        yield f"  reads {one.allele} ({one.function.lower()}) as {one.read_as}: {_shares(one)}"
    if len(numbered) > len(common):
        yield f"  and {len(numbered) - len(common)} others below {_percent(_COMMON)} % in every group"
    others = [one.allele for one in gaps.unseen if not one.groups]
    if others:
        more = ", ..." if len(others) > _MOST_NAMED else ""
        yield f"  {len(others)} others have no number: {', '.join(others[:_MOST_NAMED])}{more}"
    for group, share in gaps.people.items():
        if share >= _COMMON:
            yield f"  {_percent(share)} % of people carry one of these: {group}"
    yield ""


def _shares(one: UnseenAllele) -> str:
    shown = [group for group in one.groups if group.share][:_GROUPS]
    return "; ".join(f"{_percent(group.share)} %{_spread(group)} {group.group}" for group in shown)


def _spread(group: GroupShare) -> str:
    if group.lowest is None or group.highest is None:
        return ""
    return f" ({_percent(group.lowest)} to {_percent(group.highest)} in {group.studies} studies)"


def _percent(share: Decimal) -> str:
    """
    A share in percent; what is not 0 never looks like 0.

    >>> _percent(Decimal("0.0591")), _percent(Decimal("0.000001"))
    ('5.91', '<0.01')
    """
    percent = share * 100
    return "<0.01" if 0 < percent < Decimal("0.01") else f"{percent:.2f}"
