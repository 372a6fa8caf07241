"""What changed in one gene: alleles, functions and activity values, the tables from alleles to classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cds_service.core.genes import Allele, Gene, ScoreBand
from cds_service.curation.change import GENE, Change, Lead, rest
from cds_service.curation.describe import number

_GENE = frozenset(
    {
        "symbol",
        "hgnc",
        "method",
        "alleles",
        "aliases",
        "reference",
        "pairs",
        "bands",
        "indeterminate",
        "presence_alleles",
        "positions",
        "citation",
        "phenotypes",
        "pathogenic",
        "effects",
    }
)
_ALLELE = frozenset({"name", "function", "activity", "at_least", "aliases"})


def compare_genes(
    old: Mapping[str, Gene], new: Mapping[str, Gene], labels: Mapping[str, str]
) -> Iterator[Change]:
    """
    All changes of all genes, by symbol.

    Args:
        old, new: Genes by symbol.
        labels: Source id -> label.
    """
    for symbol in sorted({*old, *new}):
        before, after = old.get(symbol), new.get(symbol)
        lead = Lead(GENE, symbol, symbol)
        if before and after:
            yield from _gene(lead, before, after, labels)
        elif after:
            yield lead.say(
                "gene", "", symbol, f"new gene, {len(after.alleles)} alleles, {after.method.value}"
            )
        elif before:
            yield lead.say("gene", symbol, "", f"gene withdrawn, {len(before.alleles)} alleles")


def _gene(lead: Lead, old: Gene, new: Gene, labels: Mapping[str, str]) -> Iterator[Change]:
    yield from lead.value("HGNC id", old.hgnc, new.hgnc)
    yield from lead.value("method", old.method.value, new.method.value)
    yield from lead.value("allele meant by 'no variant found'", old.reference, new.reference)
    yield from lead.value("class of alleles without a function", old.indeterminate, new.indeterminate)
    yield from lead.value("function of other pathogenic variants", old.pathogenic, new.pathogenic)
    yield from _table(lead, "function of variants reported as", old.effects, new.effects)
    yield from lead.members("class", old.phenotypes, new.phenotypes)
    yield from lead.members("allele with a status of its own", old.presence_alleles, new.presence_alleles)
    yield from lead.members("position", _positions(old), _positions(new))
    yield from lead.value("source", old.citation, new.citation)
    yield from rest(lead, old, new, _GENE)
    yield from _table(lead, "class of", _pairs(old), _pairs(new))
    for source in sorted({*old.bands, *new.bands}):
        bands = [_bands(gene.bands.get(source, ())) for gene in (old, new)]
        yield from _table(lead, f"class by {labels.get(source, source)} of score", *bands)
    for name in sorted({*old.alleles, *new.alleles}):
        yield from _allele(lead, old.alleles.get(name), new.alleles.get(name))


def _positions(gene: Gene) -> list[str]:
    return [
        f"{item.name} ({', '.join(f'{base} = {allele}' for base, allele in sorted(item.letters.items()))})"
        for item in gene.positions
    ]


def _pairs(gene: Gene) -> dict[str, str]:
    return {" + ".join(key): phenotype for key, phenotype in gene.pairs.items()}


def _bands(bands: tuple[ScoreBand, ...]) -> dict[str, str]:
    return {_scores(band): band.phenotype for band in bands}


def _scores(band: ScoreBand) -> str:
    if band.high is None:
        return f"{number(band.low)} and more"
    return number(band.low) if band.low == band.high else f"{number(band.low)} to {number(band.high)}"


def _table(lead: Lead, fact: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    for key in sorted({*old, *new}):
        yield from lead.value(f"{fact} {key}", old.get(key, ""), new.get(key, ""))


def _allele(lead: Lead, old: Allele | None, new: Allele | None) -> Iterator[Change]:
    shown = new or old
    assert shown is not None
    mine = Lead(lead.group, lead.subject, f"{lead.words} {shown.name}", item=shown.name)
    if old and new:
        yield from mine.value("function", old.function or "", new.function or "")
        yield from mine.value("activity value", _activity(old), _activity(new))
        yield from mine.members("other spelling", old.aliases, new.aliases)
        yield from rest(mine, old, new, _ALLELE)
    elif new:
        yield mine.say("allele", "", _meaning(new), f"new allele, {_meaning(new)}")
    elif old:
        yield mine.say("allele", _meaning(old), "", f"allele withdrawn, {_meaning(old)}")


def _activity(allele: Allele) -> str:
    if allele.activity is None:
        return ""
    return f"{'at least ' if allele.at_least else ''}{number(allele.activity)}"


def _meaning(allele: Allele) -> str:
    value = _activity(allele)
    return (allele.function or "no function assigned") + (f", activity value {value}" if value else "")
