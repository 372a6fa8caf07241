"""PharmCAT's own JSON: `*.phenotype.json`, `*.report.json` and `*.match.json`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from cds_service.calling.outside.values import OutsideCall

TOOL = "PharmCAT"
_UNKNOWN = ("unknown", "no result", "n/a")
_TAKEN_FOR_REFERENCE = ("hasUndocumentedVariations", "treatUndocumentedVariationsAsReference")
_UNPHASED = "alleles of unknown phase, taken to lie on different copies"
_UNDOCUMENTED = "bases that no allele has were taken for the reference"


def read_pharmcat_json(text: str, _gene: str) -> list[OutsideCall] | None:
    """The diplotypes PharmCAT called. Version 3 lists genes by symbol, version 2 by source and symbol."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        document = json.loads(text)
    except json.JSONDecodeError:
        return None
    if isinstance(document.get("geneReports") or document.get("genes"), dict):
        return list(_of_reports(document))
    if isinstance(document.get("results"), list):
        return list(_of_matches(document))
    return None


def _of_reports(document: Mapping[str, Any]) -> Iterator[OutsideCall]:
    sample = str((document.get("matcherMetadata") or {}).get("sampleId") or "")
    reports = document.get("geneReports") or document.get("genes") or {}
    seen = set()
    for key, value in reports.items():
        by_gene = {key: value} if isinstance(value, dict) and "sourceDiplotypes" in value else value
        for gene, report in by_gene.items() if isinstance(by_gene, dict) else ():
            if gene not in seen and isinstance(report, dict):
                call = _of_report(gene, report, sample)
                if call is not None:
                    seen.add(gene)
                    yield call


def _of_report(gene: str, report: Mapping[str, Any], sample: str) -> OutsideCall | None:
    # Where variants are listed, the source diplotypes are all of them; the recommended one is the pair.
    lists = [report.get(name) or [] for name in ("sourceDiplotypes", "recommendationDiplotypes")]
    chosen = lists[0]
    if any("+" in str(one.get("label", "")) or not one.get("allele2") for one in lists[0]) and lists[1]:
        chosen = lists[1]
    genotypes = tuple(dict.fromkeys(label for one in chosen if (label := _label(one))))
    phenotypes = {str(p) for one in chosen for p in one.get("phenotypes") or ()}
    phenotype = phenotypes.pop() if len(phenotypes) == 1 else ""
    if phenotype.lower() in _UNKNOWN:
        phenotype = ""
    if not genotypes and not phenotype:
        return None
    return OutsideCall(
        gene,
        TOOL,
        genotypes,
        phenotype,
        sample=sample,
        filter=_UNDOCUMENTED if all(report.get(name) for name in _TAKEN_FOR_REFERENCE) else "",
        untestable=_names(report.get("uncalledHaplotypes")),
    )


def _label(diplotype: Mapping[str, Any]) -> str:
    names = [(diplotype.get(key) or {}).get("name", "") for key in ("allele1", "allele2")]
    known = [name for name in names if name and name.lower() not in _UNKNOWN]
    return "" if len(known) < sum(bool(name) for name in names) else "/".join(known)


def _of_matches(document: Mapping[str, Any]) -> Iterator[OutsideCall]:
    sample = str((document.get("metadata") or {}).get("sampleId") or "")
    for result in document["results"]:
        gene, unseen = str(result.get("gene", "")), _names(result.get("uncallableHaplotypes"))
        names = tuple(str(one.get("name", "")) for one in result.get("diplotypes") or ())
        listed = [str(one.get("name", "")) for one in result.get("haplotypeMatches") or ()]
        if names:
            yield OutsideCall(gene, TOOL, names, sample=sample, untestable=unseen)
        elif listed:
            # Of unknown phase. Two are the pair that PharmCAT reports; more have no sure meaning.
            said = "/" if len(listed) == 2 else ", "
            yield OutsideCall(
                gene, TOOL, (said.join(listed),), sample=sample, filter=_UNPHASED, untestable=unseen
            )


def _names(value: object) -> tuple[str, ...]:
    return tuple(str(name) for name in value) if isinstance(value, list) else ()
