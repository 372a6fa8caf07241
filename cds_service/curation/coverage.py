"""Which drugs four sources speak about, and whether the knowledge covers it, is silent on purpose, or not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from cds_service.core.errors import KnowledgeError
from cds_service.core.knowledge_base import Drug, KnowledgeBase
from cds_service.curation.files import read_tsv

FILE = "coverage.tsv"
_COLUMNS = ("drug", "source", "gene", "says", "known_as", "status", "reason", "stated_in")
_GUIDELINE = ("recommendation", "no-action")
_LABEL = ("testing-required", "testing-recommended", "actionable", "informative", "mentioned")
#: Source -> what it may say, in one word.
SOURCES: Mapping[str, tuple[str, ...]] = {
    "cpic": _GUIDELINE,
    "dpwg": _GUIDELINE,
    "fda-table": ("recommendation", "impact", "levels", "listed"),
    "fda-label": _LABEL,
}
#: Source -> guideline body whose rules cover it. One set of rules speaks for table and label.
_BODIES = {"cpic": "cpic", "dpwg": "dpwg", "fda-table": "fda", "fda-label": "fda"}


class Coverage(Enum):
    """How the knowledge stands to a statement."""

    COVERED = "covered"
    SILENT = "silent"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Statement:
    """
    One source speaks about one drug and one gene.

    Args:
        drug: As the source calls it.
        source: `cpic`, `dpwg`, `fda-table` or `fda-label`.
        gene: Symbol.
        says: What it says, one of the words of `SOURCES`.
        known_as: Name of the ingredient in the knowledge.
        status: Where no rule covers it; None if the file says nothing because one does.
        reason: Why there is no rule.
        stated_in: Where it was read that the source speaks about it.
    """

    drug: str
    source: str
    gene: str
    says: str
    known_as: str
    status: Coverage | None = None
    reason: str = ""
    stated_in: str = ""


@dataclass(frozen=True, slots=True)
class Covered:
    """A statement, how the knowledge stands to it, and why if there is no rule."""

    statement: Statement
    status: Coverage
    reason: str = ""


def load_statements(folder: Path) -> tuple[Statement, ...]:
    """
    Read `coverage.tsv` of a knowledge folder.

    Raises:
        KnowledgeError: For an unknown word, a row that stands twice, or a status without a reason.
    """
    path = folder / FILE
    found: dict[tuple[str, str, str], Statement] = {}
    for number, row in enumerate(read_tsv(path, _COLUMNS), start=2):
        statement = _statement(row, f"{path}:{number}")
        place = (statement.drug, statement.source, statement.gene)
        if found.setdefault(place, statement) is not statement:
            raise KnowledgeError(f"{path}:{number}: {', '.join(place)} stands twice")
    return tuple(found.values())


def _statement(row: Mapping[str, str], where: str) -> Statement:
    if row["source"] not in SOURCES:
        raise KnowledgeError(f"{where}: unknown source '{row['source']}'; known: {', '.join(SOURCES)}")
    if row["says"] not in SOURCES[row["source"]]:
        known = ", ".join(SOURCES[row["source"]])
        raise KnowledgeError(f"{where}: {row['source']} cannot say '{row['says']}'; known: {known}")
    if row["status"] not in ("", Coverage.SILENT.value, Coverage.MISSING.value):
        raise KnowledgeError(f"{where}: status must be silent, missing or empty; 'covered' is derived")
    if bool(row["status"]) != bool(row["reason"]):
        raise KnowledgeError(f"{where}: a status needs a reason, and a reason a status")
    return Statement(
        drug=row["drug"],
        source=row["source"],
        gene=row["gene"],
        says=row["says"],
        known_as=row["known_as"] or row["drug"],
        status=Coverage(row["status"]) if row["status"] else None,
        reason=row["reason"],
        stated_in=row["stated_in"],
    )


def cover(statements: Iterable[Statement], knowledge: KnowledgeBase) -> Iterator[Covered]:
    """
    Compare the statements with the rules there are.

    A rule or test of the source's guideline body that looks at the gene covers a statement, whatever the
    file says. Without one, the file's status and reason hold; without those, it is missing without a reason.
    """
    for statement in statements:
        drug = knowledge.drugs.get(statement.known_as)
        body = _BODIES[statement.source]
        if drug is not None and statement.gene in _genes(drug, body) | _tumour_genes(drug, body, knowledge):
            yield Covered(statement, Coverage.COVERED)
        else:
            yield Covered(statement, statement.status or Coverage.MISSING, statement.reason)


def _genes(drug: Drug, body: str) -> set[str]:
    """The genes the rules and tests of one body look at. Tests name alleles, too: `HLA-B*57:01`."""
    found = {
        gene for source in drug.rules_of(body) for rule in source.rules for when in rule.when for gene in when
    }
    return found.union(
        *(
            (gene.partition("*")[0] for gene in test.genes)
            for test in drug.pretests
            if test.authority.lower().startswith(body)
        )
    )


def _tumour_genes(drug: Drug, body: str, knowledge: KnowledgeBase) -> frozenset[str]:
    """The genes under which the reports come that a body's rules on tumours look at."""
    found = knowledge.tumour.drugs.get(drug.name) if knowledge.tumour else None
    if knowledge.tumour is None or found is None or found.guideline.source != body:
        return frozenset()
    return knowledge.tumour.genes_for(drug.name)


def unexplained(covered: Iterable[Covered]) -> tuple[Statement, ...]:
    """Statements without a rule for which nobody said why."""
    return tuple(item.statement for item in covered if item.status is Coverage.MISSING and not item.reason)


def overtaken(covered: Iterable[Covered]) -> tuple[Statement, ...]:
    """Statements that a rule covers by now, although the file still says why there is none."""
    return tuple(i.statement for i in covered if i.status is Coverage.COVERED and i.statement.status)


def uncounted(statements: Iterable[Statement], knowledge: KnowledgeBase) -> tuple[str, ...]:
    """Rules the table does not know of, as `drug, body, gene`: the table has fallen behind."""
    known = {(item.known_as, _BODIES[item.source], item.gene) for item in statements}
    ours = {
        (drug.name, source.source, gene)
        for drug in knowledge.drugs.values()
        for source in drug.sources.values()
        for gene in source.genes
        if source.source in _BODIES.values()
    } | {
        (drug.name, body, gene)
        for drug in knowledge.drugs.values()
        for body in set(_BODIES.values())
        for gene in _tumour_genes(drug, body, knowledge)
    }
    return tuple(", ".join(place) for place in sorted(ours - known))
