"""Reads an RxNorm release into a proposal for `knowledge/rxnorm/`."""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from cds_service.core.errors import KnowledgeError
from cds_service.core.knowledge_base import KnowledgeBase
from cds_service.curation.drug_codes import load_drug_codes
from cds_service.curation.files import read_tsv
from cds_service.curation.importers.report import Finding, Report, write_table
from cds_service.curation.importers.rrf import Release, read_release
from cds_service.curation.importers.rxnorm_products import (
    CLINICAL,
    GROUPS,
    INGREDIENTS,
    base_ingredients,
    routes,
    strengths,
)

_PRODUCTS = ("rxcui", "tty", "ingredients", "routes", "strengths_mg")
_INGREDIENTS = ("rxcui", "name", "tty", "ingredients")
_BRANDS = ("rxcui", "brand", "ingredients")
_Cells = tuple[str, ...]


def import_rxnorm(path: Path, tables: Path, knowledge: KnowledgeBase, out: Path) -> Report:
    """
    Read a release.

    Codes the release no longer has are kept: they are still sent and mean the same.

    Args:
        path: Folder with RXNCONSO.RRF and RXNREL.RRF, or its parent.
        tables: The folder `rxnorm` of the knowledge.
        knowledge: The compiled knowledge; its drugs decide which components and groups are taken.
        out: Folder for the proposals; `rxnorm/` is written into it.

    Returns:
        What was found; the proposals are written, the report is not.

    Raises:
        InputError: If it is no release.
    """
    report = Report(f"RxNorm, {path.name}")
    release = read_release(path, report)
    folder = out / "rxnorm"
    shutil.copytree(tables, folder)
    ingredients = list(_ingredients(release, report))
    _merge(
        tables / "ingredients.tsv", folder / "ingredients.tsv", _INGREDIENTS, ingredients, report, _by_name
    )
    _nameless(tables / "ingredients.tsv", ingredients, report)
    products = list(_products(release, _scope(knowledge), report))
    _merge(tables / "products.tsv", folder / "products.tsv", _PRODUCTS, products, report, _by_drug(release))
    brands = list(_brands(release, report))
    new = _merge(
        tables / "brands.tsv", folder / "brands.tsv", _BRANDS, brands, report, lambda _: "brand names"
    )
    if new:
        write_table(out / "review" / "brand_names.tsv", _BRANDS, new)
        what = f"{len(new)} new brand names are looked for in free text: strike the everyday words among them"
        report.add(Finding.TO_REVIEW, "brand names", what, "review/brand_names.tsv")
    report.add(Finding.NOTE, "atc.tsv, synonyms.tsv, same_as.tsv, weak_names.tsv", "copied unchanged")
    _try(folder, report)
    return report


# -- rows of the release -------------------------------------------------------------------------


def _ingredients(release: Release, report: Report) -> Iterator[_Cells]:
    for code, kind in release.types.items():
        if kind not in INGREDIENTS:
            continue
        name = release.names[code].lower()
        bases = () if kind == "IN" else base_ingredients(code, release)
        if kind != "IN" and not bases:
            report.add(Finding.NOT_UNDERSTOOD, name, f"no relation leads from {kind} {code} to an ingredient")
            continue
        yield code, name, kind, ",".join(bases)


def _products(release: Release, scope: frozenset[str], report: Report) -> Iterator[_Cells]:
    forms: Counter[str] = Counter()
    for code, kind in release.types.items():
        if kind not in CLINICAL and kind not in GROUPS:
            continue
        bases = base_ingredients(code, release)
        if not bases:
            what = f"no relation leads from {kind} {code} to an ingredient; left out"
            report.add(Finding.NOT_UNDERSTOOD, release.names[code], what)
            continue
        if kind in GROUPS and scope.isdisjoint(bases):
            continue
        ways, unknown = routes(code, release)
        forms.update(unknown)
        amounts = strengths(code, bases, release) if kind in ("SCD", "SBD") else ""
        yield code, kind, ",".join(bases), ",".join(ways), amounts
    for form, number in sorted(forms.items()):
        what = f"the route of this dose form is not known; {number} products have none"
        report.add(Finding.TO_REVIEW, form, what)


def _brands(release: Release, report: Report) -> Iterator[_Cells]:
    for code, kind in release.types.items():
        if kind == "BN":
            bases = base_ingredients(code, release)
            if bases:
                yield code, release.names[code], ",".join(bases)
            else:
                what = f"no relation leads from BN {code} to an ingredient; left out"
                report.add(Finding.NOT_UNDERSTOOD, release.names[code], what)


def _scope(knowledge: KnowledgeBase) -> frozenset[str]:
    """Base ingredients the knowledge speaks about, as drugs, parts of one, or for what they do to enzymes."""
    parts = {code for combination in knowledge.combinations for code in combination}
    return frozenset({*knowledge.drug_by_rxcui, *parts, *knowledge.perpetrators})


# -- beside the knowledge ------------------------------------------------------------------------


def _merge(
    old: Path, new: Path, columns: _Cells, rows: list[_Cells], report: Report, about: Callable[[_Cells], str]
) -> list[_Cells]:
    """Write the old rows, changed where the release differs, and the new ones. Returns the new ones."""
    found = {row[0]: row for row in rows}
    merged: list[_Cells] = []
    gone = 0
    for known in read_tsv(old, columns):
        cells = tuple(known[column] for column in columns)
        now = found.pop(cells[0], None) if cells[0] else None
        gone += now is None and bool(cells[0])
        merged.append(_changed(cells, now, columns, report, about) if now else cells)
    for group, codes in sorted(_grouped(list(found.values()), about).items()):
        report.add(
            Finding.NEW,
            group,
            f"{len(codes)} in {new.name}: {', '.join(codes[:5])}{' ...' * (len(codes) > 5)}",
        )
    if gone:
        what = (
            f"{gone} codes of {new.name} are not in the release; kept, because retired codes are still sent"
        )
        report.add(Finding.GONE, new.name, what)
    ordered = sorted([*merged, *found.values()], key=_place)
    write_table(new, columns, ordered)
    return sorted(found.values(), key=lambda row: int(row[0]))


def _place(row: _Cells) -> tuple[bool, int, _Cells]:
    """By code; what has none stands at the end."""
    return not row[0], int(row[0] or 0), row


def _changed(
    was: _Cells, now: _Cells, columns: _Cells, report: Report, about: Callable[[_Cells], str]
) -> _Cells:
    """The row for the proposal: the old one, with each cell that means something else in the release."""
    old, new = dict(zip(columns, was, strict=True)), dict(zip(columns, now, strict=True))
    same_parts = set(old["ingredients"].split(",")) == set(new["ingredients"].split(","))
    if same_parts:
        _in_order_of(old, new)
    for column in columns:
        kept = _same(old, new, column) or (not new[column] and (same_parts or column == "routes"))
        if not kept:
            report.add(Finding.CHANGED, about(now), f"{was[0]}, {column}: {old[column]} -> {new[column]}")
            old[column] = new[column]
    return tuple(old[column] for column in columns)


def _in_order_of(old: dict[str, str], new: dict[str, str]) -> None:
    """Strengths stand in the order of the ingredients: both are turned into the old order together."""
    amounts = dict(zip(new["ingredients"].split(","), new.get("strengths_mg", "").split(","), strict=False))
    new["ingredients"] = old["ingredients"]
    if new.get("strengths_mg"):
        new["strengths_mg"] = ",".join(amounts[code] for code in old["ingredients"].split(","))


def _same(old: dict[str, str], new: dict[str, str], column: str) -> bool:
    if column == "brand" and not old[column]:
        return True  # a name was struck before, because it is an everyday word
    if column == "routes":
        return set(old[column].split(",")) == set(new[column].split(","))
    return old[column] == new[column]


def _grouped(rows: list[_Cells], about: Callable[[_Cells], str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: int(row[0])):
        groups[about(row)].append(row[0])
    return groups


def _by_name(row: _Cells) -> str:
    return f"ingredients ({row[2]})"


def _by_drug(release: Release) -> Callable[[_Cells], str]:
    def about(row: _Cells) -> str:
        return " / ".join(release.names.get(code, code) for code in row[2].split(","))

    return about


def _nameless(old: Path, rows: list[_Cells], report: Report) -> None:
    codes = {row[1]: row[0] for row in rows if row[2] == "IN"}
    for known in read_tsv(old, _INGREDIENTS):
        if not known["rxcui"] and known["name"] in codes:
            what = f"has the code {codes[known['name']]} now: put it in place of the name, here and elsewhere"
            report.add(Finding.TO_REVIEW, known["name"], what)


def _try(folder: Path, report: Report) -> None:
    """The proposal has to be readable as it stands."""
    try:
        load_drug_codes(folder)
    except KnowledgeError as fault:
        report.add(Finding.TO_REVIEW, "rxnorm", f"the proposal is not readable yet: {fault}")
