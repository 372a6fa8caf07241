"""Small VCFs made from the definitions of alleles, for tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from cds_service.calling.results import GeneCall, SampleCalls
from cds_service.calling.run import CallOptions, called_results
from cds_service.core.definitions import DefinedPosition, GeneDefinition
from cds_service.core.genes import Gene
from cds_service.curation.definitions import load_definitions
from cds_service.curation.genes import load_genes
from cds_service.resources import knowledge_folder

#: Position -> bases of one copy of the genome.
Haplotype = Mapping[int, str]

HEADER = """##fileformat=VCFv4.2
##contig=<ID=chr1,length=248956422>
##FILTER=<ID=q10,Description="low">
##INFO=<ID=END,Number=1,Type=Integer,Description="end">
##INFO=<ID=NOTE,Number=.,Type=String,Description="anything">
##FORMAT=<ID=GT,Number=1,Type=String,Description="genotype">
##FORMAT=<ID=PS,Number=1,Type=Integer,Description="phase set">
##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="quality">
##FORMAT=<ID=DP,Number=1,Type=Integer,Description="depth">
##FORMAT=<ID=MIN_DP,Number=1,Type=Integer,Description="depth of a block">
##FORMAT=<ID=AD,Number=R,Type=Integer,Description="reads">
##FORMAT=<ID=FT,Number=1,Type=String,Description="filter">
"""


@cache
def definitions() -> Mapping[str, GeneDefinition]:
    return load_definitions(knowledge_folder() / "genes")


@cache
def genes() -> Mapping[str, Gene]:
    return load_genes(knowledge_folder() / "genes")


def haplotype(definition: GeneDefinition, allele: str) -> Haplotype:
    """The bases of an allele at all positions; of several that it may have, not the reference."""
    bases = next(one.bases for one in definition.alleles if one.name == allele)
    return {site.position: bases.get(site.position, (site.ref,))[-1] for site in sites(definition)}


def sites(definition: GeneDefinition) -> list[DefinedPosition]:
    return [site for site in definition.positions if not site.extra]


def genotype(site: DefinedPosition, copies: Sequence[Haplotype], *, phased: bool) -> str:
    codes = [site.states.index(copy[site.position]) for copy in copies]
    return ("|" if phased else "/").join(map(str, codes if phased else sorted(codes)))


def lines(definition: GeneDefinition, people: Sequence[Sequence[Haplotype]], *, phased: bool) -> list[str]:
    """One record a position, one column a person."""
    return [
        "\t".join(
            (
                site.chrom, str(site.position), site.rsid or ".", site.ref, ",".join(site.alts), ".", "PASS",
                ".", "GT", *(genotype(site, copies, phased=phased) for copies in people),
            )
        )
        for site in sites(definition)
    ]  # fmt: skip


def text(records: Iterable[str], samples: Sequence[str], header: str = HEADER) -> str:
    columns = ("CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *samples)
    return f"{header}#{chr(9).join(columns)}\n" + "".join(f"{record}\n" for record in records)


def record(
    chrom: str, position: int, ref: str, alt: str, *values: str, fields: str = "GT", more: str = "."
) -> str:
    """One line; `more` is the INFO column, `values` the samples."""
    return "\t".join((chrom, str(position), ".", ref, alt, ".", "PASS", more, fields, *values))


def person(
    gene: str, *changes: str, without: Iterable[int] = (), fields: str = "GT", plain: str = "0/0"
) -> list[str]:
    """
    Records of one sample that is the reference everywhere, except for some lines.

    Args:
        gene: Which positions are written.
        changes: Lines that take the place of the record at their position.
        without: Positions that are left out.
        fields, plain: FORMAT and sample of the others.
    """
    changed = {line.split("\t")[1] for line in changes}
    kept = [site for site in sites(definitions()[gene]) if site.position not in set(without)]
    others = [
        record(site.chrom, site.position, site.ref, ",".join(site.alts), plain, fields=fields)
        for site in kept
        if str(site.position) not in changed
    ]
    return sorted([*others, *changes], key=lambda line: int(line.split("\t")[1]))


def call_person(
    place: Path, gene: str, *changes: str, options: CallOptions | None = None, **more: Any
) -> GeneCall:
    """The gene of a sample made by `person`."""
    return gene_of(call_text(place, text(person(gene, *changes, **more), ["s"]), options)[0], gene)


def call_text(place: Path, content: str, options: CallOptions | None = None) -> list[SampleCalls]:
    """Call a VCF that is written into a temporary folder."""
    file = place / "made.vcf"
    file.write_text(content, "utf8")
    return list(called_results(file, definitions(), genes(), options))


def gene_of(calls: SampleCalls, gene: str) -> GeneCall:
    return next(call for call in calls.genes if call.gene == gene)


def named(call: GeneCall) -> list[str]:
    return [str(diplotype) for diplotype in call.diplotypes]


def keys(call: GeneCall) -> set[str]:
    return {notice.key for notice in call.notices}
