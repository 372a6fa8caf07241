"""Recommendations of the CPIC database beside the rules of the knowledge: what a person has to read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import Any

from cds_service.core.knowledge_base import Drug, KnowledgeBase, Rule
from cds_service.curation.canonical import dumps
from cds_service.curation.importers.reading import Row, RowError, each_row, mapping, optional_text, text
from cds_service.curation.importers.report import Finding, Report, write_table

#: The guideline body whose rules are compared.
_BODY = "cpic"
_COLUMNS = (
    "cpic_id", "drug", "population", "lookup", "classification", "flags", "finding", "our_rules",
    "our_strength", "our_actions", "recommendation", "comments",
)  # fmt: skip
_FLAGS = ("dosinginformation", "alternatedrugavailable", "otherprescribingguidance")
_TEXTS = ("drugrecommendation", "classification", "implications", "comments", *_FLAGS)
_NO_GRADE = {"", "n/a"}
_NO_SCORE = "n/a"


@dataclass(frozen=True, slots=True)
class Statement:
    """One row of the table `recommendation` with what the knowledge has for it."""

    row: Row
    drug: str
    population: str
    lookup: Mapping[str, str]
    known: Drug | None
    rules: tuple[Rule, ...]

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes a statement the same one in the next export."""
        return self.drug, self.population, _written(self.lookup)

    @property
    def grade(self) -> str:
        """CPIC's grading, empty if there is none."""
        found = optional_text(self.row, "classification")
        return "" if found.casefold() in _NO_GRADE else found

    @property
    def finding(self) -> str:
        """In which way the knowledge agrees."""
        if self.known is None:
            return "drug unknown"
        if not self.rules:
            return "no rule"
        same = any(rule.strength.casefold() == self.grade.casefold() for rule in self.rules)
        return "same strength" if same else "other strength"


def compare_rules(
    tables: Mapping[str, list[Row]],
    earlier: Mapping[str, list[Row]],
    knowledge: KnowledgeBase,
    out: Path,
    report: Report,
) -> None:
    """
    Compare all recommendations and write `review/recommendations.tsv` and drafts of new `drug.json` files.

    Args:
        tables: The export.
        earlier: An older export, or nothing.
        knowledge: The compiled knowledge.
        out: Folder for the proposals.
        report: Takes what has to be reviewed.
    """
    statements = _statements(tables, knowledge, report, "recommendation")
    for statement in statements:
        if statement.finding != "same strength":
            _to_review(statement, report)
    _rules_without_statement(statements, report)
    _unknown_drugs(statements, tables, out, report)
    if earlier:
        _since(statements, _statements(earlier, knowledge, report, "earlier recommendation"), report)
    if statements:
        rows = [_cells(statement) for statement in statements]
        write_table(out / "review" / "recommendations.tsv", _COLUMNS, rows)


def _statements(
    tables: Mapping[str, list[Row]], knowledge: KnowledgeBase, report: Report, where: str
) -> list[Statement]:
    names = {str(row.get("drugid")): str(row.get("name") or "") for row in tables.get("drug", ())}
    found: list[Statement] = []
    take = partial(_statement, names, knowledge, found)
    each_row(tables.get("recommendation", []), take, report, where)
    return found


def _statement(
    names: Mapping[str, str], knowledge: KnowledgeBase, found: list[Statement], row: Row, _: str
) -> None:
    code = text(row, "drugid")
    drug = _drug_of(code, knowledge)
    embedded: Any = row.get("drug")
    name = names.get(code) or (str(embedded.get("name", "")) if isinstance(embedded, Mapping) else "")
    drug = drug or knowledge.drugs.get(name.lower())
    lookup = {gene: _key(value, gene) for gene, value in mapping(row, "lookupkey").items()}
    text(row, "drugrecommendation")
    population = optional_text(row, "population")
    rules = tuple(_covering(drug, lookup, knowledge)) if drug else ()
    found.append(Statement(row, drug.name if drug else name or code, population, lookup, drug, rules))


def _drug_of(code: str, knowledge: KnowledgeBase) -> Drug | None:
    system, _, rxcui = code.partition(":")
    if system.casefold() != "rxnorm":
        return None
    for base in knowledge.drug_codes.ingredients.get(rxcui, (rxcui,)):
        if base in knowledge.drug_by_rxcui:
            return knowledge.drugs[knowledge.drug_by_rxcui[base]]
    return None


def _key(value: Any, gene: str) -> str:
    if not isinstance(value, str) or not value:
        raise RowError(f"lookupkey of {gene} is no text")
    return value


def _covering(drug: Drug, lookup: Mapping[str, str], knowledge: KnowledgeBase) -> Iterator[Rule]:
    for source in drug.rules_of(_BODY):
        for rule in source.rules:
            if any(_covers(when, lookup, knowledge) for when in rule.when):
                yield rule


def _covers(when: Mapping[str, Any], lookup: Mapping[str, str], knowledge: KnowledgeBase) -> bool:
    return bool(when) and all(
        gene in lookup and key.covers(*_state(lookup[gene], gene, knowledge)) for gene, key in when.items()
    )


def _state(value: str, gene: str, knowledge: KnowledgeBase) -> tuple[frozenset[str], Decimal | None]:
    """Words and score of a look-up key: a class, a status, `0.25`, `≥6.0`, or `n/a` for "no score"."""
    known = knowledge.genes.get(gene)
    if value.casefold() == _NO_SCORE and known:
        return frozenset({value, known.indeterminate}), None
    try:
        return frozenset({value}), Decimal(value.lstrip("≥"))
    except InvalidOperation:
        return frozenset({value}), None


def _to_review(statement: Statement, report: Report) -> None:
    where = f"for {_written(statement.lookup)}" + (f", {statement.population}" * bool(statement.population))
    if statement.finding == "no rule":
        what = f"no rule {where}; write one from the recommendation's text"
    elif statement.finding == "other strength":
        ours = "/".join(sorted({rule.strength or "none" for rule in statement.rules}))
        what = f"strength {where}: {ours} in the knowledge, {statement.grade or 'none'} in the release"
    else:
        return
    report.add(
        Finding.TO_REVIEW, statement.drug, what, f"recommendation {statement.row.get('id', '')}".strip()
    )


def _rules_without_statement(statements: list[Statement], report: Report) -> None:
    covered = {rule.id for statement in statements for rule in statement.rules}
    drugs = {statement.drug: statement.known for statement in statements if statement.known}
    for name, drug in sorted(drugs.items()):
        for source in drug.rules_of(_BODY):
            for rule in source.rules:
                if rule.id not in covered and any(rule.when):
                    report.add(Finding.GONE, name, f"no recommendation leads to rule {rule.id}")


def _unknown_drugs(
    statements: list[Statement], tables: Mapping[str, list[Row]], out: Path, report: Report
) -> None:
    rows = {str(row.get("drugid")): row for row in tables.get("drug", ())}
    unknown = {str(s.row["drugid"]): s.drug for s in statements if s.known is None}
    for code, name in sorted(unknown.items()):
        number = sum(1 for s in statements if s.row["drugid"] == code)
        report.add(
            Finding.NEW,
            name,
            f"{number} recommendations for a drug the knowledge does not have; actions and doses have to be "
            "written from their texts",
            code,
        )
        row = rows.get(code, {})
        rxcui = str(row.get("rxnormid") or (code.partition(":")[2] if code.startswith("RxNorm:") else ""))
        document = {
            "drug": name.lower(),
            "rxcui": [rxcui] if rxcui else [],
            "atc": [str(atc) for atc in row.get("atcid") or ()],
        }
        folder = out / "drugs" / re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "drug.json").write_text(dumps(document), encoding="utf-8")


def _since(now: list[Statement], before: list[Statement], report: Report) -> None:
    old = {statement.key: statement for statement in before}
    new = {statement.key: statement for statement in now}
    for key, statement in new.items():
        where = ", ".join(part for part in key[1:] if part)
        if key not in old:
            report.add(Finding.NEW, key[0], f"recommendation {where} was not in the earlier export")
            continue
        changed = [name for name in _TEXTS if statement.row.get(name) != old[key].row.get(name)]
        if changed:
            rules = ", ".join(rule.id for rule in statement.rules) or "no rule"
            what = f"{where}: {', '.join(changed)} reads otherwise than before; look at {rules}"
            report.add(Finding.CHANGED, key[0], what)
    for key in old.keys() - new.keys():
        where = ", ".join(part for part in key[1:] if part)
        report.add(Finding.GONE, key[0], f"recommendation {where} was in the earlier export")


def _written(lookup: Mapping[str, str]) -> str:
    return " + ".join(f"{gene} {value}" for gene, value in sorted(lookup.items()))


def _cells(statement: Statement) -> tuple[str, ...]:
    row = statement.row
    actions = sorted({branch.action.value for rule in statement.rules for branch in rule.branches})
    cells = (
        str(row.get("id", "")),
        statement.drug,
        statement.population,
        _written(statement.lookup),
        statement.grade,
        " ".join(flag for flag in _FLAGS if row.get(flag) is True),
        statement.finding,
        ", ".join(rule.id for rule in statement.rules),
        "/".join(sorted({rule.strength for rule in statement.rules})),
        ", ".join(actions),
        str(row.get("drugrecommendation", "")),
        str(row.get("comments") or ""),
    )
    return tuple(" ".join(cell.split()) for cell in cells)
