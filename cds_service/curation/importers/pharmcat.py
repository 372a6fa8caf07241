"""
Reads PharmCAT's own data files: allele definitions (`*_translation.json`) and phenotypes (`<GENE>.json`).

They are in PharmCAT's source under `definition/alleles` and `phenotype` (until 2025 `phenotype/cpic`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from cds_service.core.errors import InputError
from cds_service.core.genes import Gene
from cds_service.curation.importers.genes import SourceGene, activity, gene_symbol, natural, propose_gene
from cds_service.curation.importers.reading import (
    Row,
    RowError,
    each_row,
    files_in,
    mapping,
    optional_text,
    read_json,
    text,
)
from cds_service.curation.importers.report import Finding, Report

_BUILD = "GRCh38"
_FORMAT = "2"
_REMEDY = "Point to PharmCAT's folder with definition/alleles and phenotype, of version 1 or newer"


def import_pharmcat(path: Path, knowledge: Path, genes: Mapping[str, Gene], out: Path) -> Report:
    """
    Read a PharmCAT release.

    Args:
        path: One file, or a folder that holds phenotype and definition files somewhere.
        knowledge: The knowledge folder to compare with.
        genes: Its genes, compiled.
        out: Folder for the proposals.

    Returns:
        What was found; the proposals are written, the report is not.

    Raises:
        InputError: If nothing in the path is a file of PharmCAT.
    """
    report = Report(f"PharmCAT, {path.name}")
    files = [path] if path.is_file() else list(files_in(path, "*.json"))
    found: dict[str, SourceGene] = {}
    versions: set[str] = set()
    definitions: list[tuple[Path, Mapping[str, Any]]] = []
    for file in files:
        document = _document(file, report)
        if document is None:
            continue
        versions.add(str(document.get("version") or document.get("cpicVersion") or "unknown version"))
        if "variants" in document:
            definitions.append((file, document))
        else:
            gene = _phenotypes(document, file.name, report)
            if found.setdefault(gene.symbol, gene) is not gene:
                report.add(Finding.NOT_UNDERSTOOD, gene.symbol, "a second file; the first counts", file.name)
    if not found and not definitions:
        raise InputError(f"{path}: no phenotype or definition file of PharmCAT. {_REMEDY}")
    for file, document in definitions:
        _definition(document, file.name, found, report)
    label = f"PharmCAT phenotype file ({', '.join(sorted(versions))})"
    for symbol, gene in sorted(found.items()):
        propose_gene(
            gene, genes.get(symbol), knowledge / "genes" / symbol, out / "genes" / symbol, label, report
        )
    for symbol in sorted(set(genes) - set(found)):
        report.add(Finding.NOTE, symbol, "not in the release; nothing was compared")
    return report


def _document(file: Path, report: Report) -> Mapping[str, Any] | None:
    """A file of one of the two kinds; others are named and passed over, and never stop the rest."""
    try:
        value = read_json(file)
    except InputError as fault:
        report.add(Finding.NOT_UNDERSTOOD, file.name, str(fault).removeprefix(f"{file}: "), file.name)
        return None
    if not isinstance(value, Mapping) or not isinstance(value.get("gene"), str):
        report.add(Finding.NOTE, file.name, "names no gene: not a phenotype or definition file, passed over")
        return None
    try:
        gene_symbol(value["gene"])
    except RowError as fault:
        report.add(Finding.NOT_UNDERSTOOD, file.name, f"{fault}; the file was left out", file.name)
        return None
    is_definition = isinstance(value.get("variants"), list) and isinstance(value.get("namedAlleles"), list)
    if is_definition or ("variants" not in value and isinstance(value.get("diplotypes"), list)):
        return value
    report.add(
        Finding.NOT_UNDERSTOOD,
        file.name,
        "has neither 'diplotypes' nor 'variants' with 'namedAlleles', so its version is unknown. " + _REMEDY,
        file.name,
    )
    return None


# -- phenotypes ----------------------------------------------------------------------------------


def _phenotypes(document: Mapping[str, Any], where: str, report: Report) -> SourceGene:
    gene = SourceGene(document["gene"])
    named = document.get("namedAlleles") or _older_alleles(document)
    each_row(named, partial(_allele, gene), report, f"{where} alleles")
    each_row(document["diplotypes"], partial(_diplotype, gene), report, f"{where} diplotypes")
    return gene


def _older_alleles(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Before version 2.9 there were two maps, where `haplotypes` holds scores for genes that have them."""
    values = document.get("activityValues") or {}
    return [
        {"name": name, "functionValue": None if values else function, "activityValue": values.get(name)}
        for name, function in (document.get("haplotypes") or {}).items()
    ]


def _allele(gene: SourceGene, row: Row, _: str) -> None:
    name = text(row, "name")
    if name in gene.alleles:
        raise RowError(f"allele {name} stands twice")
    gene.alleles[name] = (
        optional_text(row, "functionValue"),
        activity(optional_text(row, "activityValue"), f"allele {name}"),
    )


def _diplotype(gene: SourceGene, row: Row, _: str) -> None:
    alleles: list[str] = []
    for name, copies in mapping(row, "diplotypekey").items():
        if copies not in (1, 2):
            raise RowError(f"diplotypekey: {name} stands {copies} times")
        alleles += [name] * copies
    score = optional_text(row, "activityScore")
    phenotype = text(row, "phenotype") if row.get("phenotype") else text(row, "generesult")
    gene.saw(tuple(alleles), phenotype, "" if score.casefold() == "n/a" else score)


# -- definitions ---------------------------------------------------------------------------------


def _definition(
    document: Mapping[str, Any], where: str, found: dict[str, SourceGene], report: Report
) -> None:
    """Names and the reference allele. Positions are checked for their build, and not taken over."""
    symbol = document["gene"]
    build = str(document.get("genomeBuild", ""))
    if document.get("formatVersion") != _FORMAT or not build.startswith(_BUILD):
        report.add(
            Finding.NOT_UNDERSTOOD,
            symbol,
            f"format {document.get('formatVersion')} and build {build or 'unknown'}: only format {_FORMAT} "
            f"with {_BUILD} is read",
            where,
        )
        return
    gene = found.get(symbol)
    if gene is None:
        report.add(Finding.TO_REVIEW, symbol, "defined, but without a phenotype file", where)
        return
    each_row(document["namedAlleles"], partial(_defined, gene), report, where)
    if gene.defined:
        names = ", ".join(sorted(gene.defined, key=natural))
        report.add(Finding.NOTE, symbol, f"defined, but without a function in this release: {names}", where)


def _defined(gene: SourceGene, row: Row, _: str) -> None:
    name = text(row, "name")
    if row.get("reference") is True:
        gene.reference = name
    if name not in gene.alleles:
        gene.defined.add(name)
