"""Reads RxNorm's release format: RXNCONSO.RRF (names and types) and RXNREL.RRF (relations)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cds_service.core.errors import InputError
from cds_service.curation.importers.report import Finding, Report

#: Fields of a line; each is followed by a bar, so that a line ends with one.
_CONSO_FIELDS, _REL_FIELDS = 18, 16
_SOURCE = "RXNORM"
_TYPES = frozenset(
    ("IN", "PIN", "MIN", "BN", "DF", "DFG", "SCD", "SBD", "GPCK", "BPCK")
    + ("SCDC", "SCDF", "SCDG", "SBDC", "SBDF", "SBDG")
)
#: Relation -> the same relation seen from the other side. In a line the second code has it to the first.
_TURNED = {
    "ingredient_of": "has_ingredient",
    "ingredients_of": "has_ingredients",
    "constitutes": "consists_of",
    "has_tradename": "tradename_of",
    "contained_in": "contains",
    "has_form": "form_of",
    "part_of": "has_part",
    "dose_form_of": "has_dose_form",
    "doseformgroup_of": "has_doseformgroup",
}
RELATIONS = frozenset(_TURNED.values())
_REMEDY = (
    "Give the folder of an RxNorm release with RXNCONSO.RRF and RXNREL.RRF; the monthly Current Prescribable "
    "Content will do"
)


@dataclass(slots=True)
class Release:
    """
    The part of a release that is used.

    Args:
        types: Code -> term type.
        names: Code -> name.
        relations: Relation -> code -> codes it has that relation to.
    """

    types: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    relations: dict[str, dict[str, set[str]]] = field(default_factory=dict)

    def related(self, code: str, relation: str) -> list[str]:
        """Codes a code has the relation to, in order of their names."""
        found = self.relations.get(relation, {}).get(code, ())
        return sorted(found, key=lambda other: (self.names.get(other, "").lower(), other))


def read_release(path: Path, report: Report) -> Release:
    """
    Read a release.

    Lines that cannot be read are listed in the report and left out.

    Raises:
        InputError: If a file is missing or has another number of fields from its first line on.
    """
    release = Release()
    conso, rel = _file(path, "RXNCONSO.RRF"), _file(path, "RXNREL.RRF")
    for number, cells in _lines(conso, _CONSO_FIELDS, report):
        _concept(cells, f"{conso.name}, line {number}", release, report)
    if not release.types:
        raise InputError(f"{conso}: no line of the source {_SOURCE}. {_REMEDY}")
    for number, cells in _lines(rel, _REL_FIELDS, report):
        _relation(cells, f"{rel.name}, line {number}", release, report)
    if not release.relations:
        raise InputError(f"{rel}: no relation that is known. {_REMEDY}")
    return release


def _file(path: Path, name: str) -> Path:
    for place in (path / name, path / "rrf" / name, path / "prescribe" / "rrf" / name):
        if place.is_file():
            return place
    raise InputError(f"{path}: {name} is missing. {_REMEDY}")


def _lines(path: Path, width: int, report: Report) -> Iterator[tuple[int, list[str]]]:
    understood = False
    with path.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, start=1):
            plain = line.rstrip("\r\n")
            if not plain:
                continue
            cells = plain.split("|")
            if len(cells) == width + 1 and not cells[-1]:
                understood = True
                yield number, cells
            elif not understood:
                raise InputError(
                    f"{path}: line {number}: {len(cells) - 1} fields that end with a bar, not {width}. "
                    + _REMEDY
                )
            else:
                what = f"{len(cells) - 1} fields instead of {width}; the line was left out"
                report.add(Finding.NOT_UNDERSTOOD, path.name, what, f"{path.name}, line {number}")


def _concept(cells: list[str], place: str, release: Release, report: Report) -> None:
    code, source, kind, name = cells[0], cells[11], cells[12], cells[14]
    if source != _SOURCE or kind not in _TYPES:
        return  # synonyms, prescribable names and other vocabularies repeat the concepts
    if not (code.isascii() and code.isdigit()) or not name:
        report.add(
            Finding.NOT_UNDERSTOOD, place.split(",")[0], "no code or no name; the line was left out", place
        )
    elif release.types.setdefault(code, kind) != kind:
        what = f"{code} is {release.types[code]} and {kind}; the first counts"
        report.add(Finding.NOT_UNDERSTOOD, place.split(",")[0], what, place)
    else:
        release.names.setdefault(code, name)


def _relation(cells: list[str], place: str, release: Release, report: Report) -> None:
    target, owner, relation, source = cells[0], cells[4], cells[7], cells[10]
    if source != _SOURCE or not target or not owner:
        return
    if relation in _TURNED:
        owner, target, relation = target, owner, _TURNED[relation]
    if relation not in RELATIONS:
        return
    if owner not in release.types or target not in release.types:
        if release.types.get(owner) or release.types.get(target):
            return  # the other end is of a type that is not used, such as a precise dose form
        what = f"{relation} between {owner} and {target}, which no line of RXNCONSO names; left out"
        report.add(Finding.NOT_UNDERSTOOD, place.split(",")[0], what, place)
        return
    release.relations.setdefault(relation, {}).setdefault(owner, set()).add(target)
