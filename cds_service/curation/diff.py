"""Two knowledge folders, compared: every changed fact as a sentence a pharmacist reads."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import groupby
from pathlib import Path

from cds_service.core.knowledge_base import KnowledgeBase
from cds_service.curation.change import DRUG, GENE, OTHER, VALUE_SET, Change, Lead
from cds_service.curation.compile import compile_knowledge
from cds_service.curation.diff_drugs import compare_drugs
from cds_service.curation.diff_files import (
    VALUE_SETS,
    changed_files,
    compare_file,
    compare_value_sets,
    review_fields,
)
from cds_service.curation.diff_genes import compare_genes
from cds_service.curation.diff_tumours import TUMOURS, compare_tumours, tumour_of
from cds_service.curation.files import read_json

_GROUPS = {DRUG: "Drugs", GENE: "Genes", VALUE_SET: "Value sets", OTHER: "Other files"}
_FOLDERS = {"drugs": DRUG, "genes": GENE}


def compare_folders(old: Path, new: Path) -> tuple[Change, ...]:
    """
    All changed facts, grouped by drug, gene, value set and other file.

    Both folders are compiled; what is compared is what advice is computed from. Files that are no part of
    it are compared as they stand, and a file that differs without a changed fact is named.

    Args:
        old, new: Knowledge folders.

    Raises:
        KnowledgeError: If one of them cannot be compiled.
    """
    before, after = compile_knowledge(old), compile_knowledge(new)
    files = changed_files(old, new)
    told = [*_facts(before, after)]
    if VALUE_SETS in files:
        told += compare_value_sets(old, new)
    told += _files(files, {change.subject for change in told}, old, new)
    order = list(_GROUPS)
    return tuple(sorted(told, key=lambda change: (order.index(change.group), change.subject)))


def report(changes: Collection[Change]) -> Iterator[str]:
    """The lines of a report: a heading for each group and subject, a line for each change."""
    for group, of_group in groupby(changes, key=lambda change: change.group):
        yield _GROUPS[group]
        for subject, of_subject in groupby(of_group, key=lambda change: change.subject):
            yield f"  {subject}"
            for change in of_subject:
                yield f"    {change.sentence}"


def _facts(old: KnowledgeBase, new: KnowledgeBase) -> Iterator[Change]:
    labels = {**old.source_labels, **new.source_labels}
    yield from compare_drugs(old.drugs, new.drugs, labels)
    yield from compare_tumours(old.tumour, new.tumour)
    yield from compare_genes(old.genes, new.genes, labels)


def _subject(name: str, *folders: Path) -> str:
    """The drug or gene a file belongs to: a drug's folder may be spelled differently from its name."""
    place = Path(*name.split("/")[:2])
    for folder in folders:
        path = folder / place / "drug.json"
        if path.exists():
            return str(read_json(path)["drug"])
    return place.name


def _files(files: Collection[str], told: Collection[str], old: Path, new: Path) -> Iterator[Change]:
    for name in files:
        parts = name.split("/")
        if name == VALUE_SETS:
            continue
        group = DRUG if name.startswith(TUMOURS) else _FOLDERS.get(parts[0]) if len(parts) > 2 else None
        if group is None:
            yield from compare_file(name, old, new)
            continue
        subject = tumour_of(name, new, old) if name.startswith(TUMOURS) else _subject(name, new, old)
        found = [*review_fields(name, Lead(group, subject, f"{subject}, {parts[-1]}"), old, new)]
        yield from found
        if not found and subject not in told:
            yield Lead(group, subject, subject).say(
                "file", "", "", f"{name} is written differently, no fact changed"
            )
