"""Reads `knowledge/drugs/`: identity, rules by source, replacements, tests."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cds_service.core.actions import Action, DoseAdvice, DoseLimit
from cds_service.core.conditions import AnyOf, Condition, Problem, Range, TakesDrug, TakesOne
from cds_service.core.errors import KnowledgeError
from cds_service.core.knowledge_base import (
    Alternative,
    Branch,
    Drug,
    Exclusion,
    Guideline,
    LaterStep,
    Population,
    PreTest,
    ResultKey,
    Rule,
    SourceRules,
)
from cds_service.core.measures import OnRecord
from cds_service.core.model import RXNORM
from cds_service.core.value_sets import ValueSet
from cds_service.curation.conditions import parse_condition, told_apart, uses_of
from cds_service.curation.files import only_keys, read_json, required
from cds_service.curation.numbers import decimal

#: Written instead of results: whatever no other rule of the file is written for.
ANY_OTHER = "otherwise"
_SPECIAL_FILES = {"drug.json", "alternatives.json", "pretest.json"}


class DrugReader:
    """
    Reads one drug after the other; holds what they share.

    Args:
        genes: Symbols rules may refer to.
        value_sets: Named sets rules may refer to.
        computed: Named conditions that exclusions may refer to.
        local_routes: Routes by which a drug does not reach the body in amounts that matter.
        base: RxNorm code of an ingredient, salt or combination -> its base ingredients, which orders are
            read into.
        calculators: Ids of the calculators answers may refer to.
    """

    def __init__(
        self,
        genes: frozenset[str],
        value_sets: Mapping[str, ValueSet],
        computed: Mapping[str, Condition],
        local_routes: frozenset[str],
        base: Callable[[str], tuple[str, ...]],
        calculators: frozenset[str] = frozenset(),
    ) -> None:
        self._genes = genes
        self._sets = frozenset(value_sets)
        # Sets of drugs only. Sets of hypersensitivity hold drugs, too, but as what an allergy names.
        self._drug_sets = frozenset(
            name
            for name, members in value_sets.items()
            if not name.endswith("_hypersensitivity")
            and not members.prefixes
            and all(coding.system == RXNORM for coding in members.exact)
        )
        self._computed = computed
        self._local_routes = local_routes
        self._base = base
        self._calculators = calculators

    def read(self, folder: Path) -> Drug:
        """Read the folder of one drug."""
        path = folder / "drug.json"
        value = read_json(path)
        only_keys(value, {"drug", "rxcui", "atc", "systemic_when_local", "lead", "names_others"}, str(path))
        sources = {
            file.stem: self._source(file)
            for file in sorted(folder.glob("*.json"))
            if file.name not in _SPECIAL_FILES
        }
        return Drug(
            name=required(value, "drug", str(path)),
            rxcuis=tuple(value.get("rxcui", ())),
            atc=tuple(value.get("atc", ())),
            sources=sources,
            alternatives=self._alternatives(folder / "alternatives.json"),
            pretests=self._pretests(folder / "pretest.json"),
            local_routes=frozenset() if value.get("systemic_when_local") else self._local_routes,
            lead=_lead(value, sources, path),
            names_others=value.get("names_others", False),
        )

    # -- rules ---------------------------------------------------------------------------------

    def _source(self, path: Path) -> SourceRules:
        value = read_json(path)
        only_keys(value, {"drug", "source", "guideline", "genes", "populations", "rules", "local"}, str(path))
        body = path.stem.partition(".")[0]
        if value.get("source") != body:
            raise KnowledgeError(f"{path}: 'source' must be the name of the file, up to the first dot")
        guideline = required(value, "guideline", str(path))
        genes = tuple(required(value, "genes", str(path)))
        unknown = [gene for gene in genes if gene not in self._genes]
        if unknown:
            raise KnowledgeError(f"{path}: there is no gene {', '.join(unknown)}")
        populations = self._populations(value.get("populations", ()), path)
        rules = tuple(self._rule(item, path, {p.id for p in populations}, genes) for item in value["rules"])
        return SourceRules(
            source=body,
            guideline=Guideline(
                source=body,
                name=required(guideline, "name", str(path)),
                version=required(guideline, "version", str(path)),
                url=required(guideline, "url", str(path)),
                pmids=tuple(guideline.get("pmids", ())),
            ),
            genes=genes,
            populations=populations,
            rules=rules,
            local=value.get("local", False),
        )

    def _populations(self, items: Any, path: Path) -> tuple[Population, ...]:
        """A reason that belongs to no population leaves open which one is meant."""
        read = [
            (item["id"], self.condition(item["when"], f"{path}: population {item['id']}")) for item in items
        ]
        uses = tuple(dict.fromkeys(name for _, when in read for name in uses_of(when)))
        several = len(read) > 1
        return tuple(Population(id_, told_apart(when, uses) if several else when) for id_, when in read)

    def _rule(
        self, value: Mapping[str, Any], path: Path, populations: set[str], genes: tuple[str, ...]
    ) -> Rule:
        where = f"{path}: rule {value.get('id')}"
        allowed = {
            "id", "population", "when", "strength", "implication", "unsuitable", "named", "branches",
            "text_as_of", "cite", "as_for",
        }  # fmt: skip
        only_keys(value, allowed, where)
        if value.get("population", "") and value["population"] not in populations:
            raise KnowledgeError(f"{where}: there is no population '{value['population']}'")
        combinations = tuple(
            {gene: self._key(gene, words, where, genes) for gene, words in combination.items()}
            for combination in required(value, "when", where)
        )
        branches = tuple(self.branch(item, where) for item in required(value, "branches", where))
        if not branches:
            raise KnowledgeError(f"{where}: a rule needs at least one branch")
        return Rule(
            id=required(value, "id", where),
            when=combinations,
            branches=branches,
            population=value.get("population", ""),
            strength=value.get("strength", ""),
            implication=value.get("implication", ""),
            unsuitable=frozenset(value.get("unsuitable", ())),
            named=tuple(value.get("named", ())),
            as_for=frozenset(value.get("as_for", ())),
            text_as_of=required(value, "text_as_of", where),
            cite=required(value, "cite", where),
        )

    def _key(self, gene: str, words: list[str], where: str, genes: tuple[str, ...]) -> ResultKey:
        if gene not in genes:
            raise KnowledgeError(f"{where}: gene {gene} is not among the genes of the file")
        if words == [ANY_OTHER]:
            return ResultKey(otherwise=True)
        scores = []
        plain = []
        for word in words:
            band = parse_score_band(word)
            if band is None:
                plain.append(word)
            else:
                scores.append(band)
        return ResultKey(frozenset(plain), tuple(scores))

    def branch(self, value: Mapping[str, Any], where: str) -> Branch:
        """Read one answer of a rule."""
        allowed = {"when", "label", "action", "dose", "monitoring", "later", "add", "tentative", "calculate"}
        only_keys(value, allowed, where)
        return Branch(
            action=_action(value, where),
            when=self.condition(value["when"], where) if "when" in value else None,
            label=value.get("label", ""),
            dose=_dose(value["dose"], where) if "dose" in value else None,
            monitoring=tuple(value.get("monitoring", ())),
            later=tuple(_later(item, where) for item in value.get("later", ())),
            add=value.get("add", ""),
            tentative=value.get("tentative", False),
            calculators=self._calculators_named(value.get("calculate", ()), where),
        )

    def _calculators_named(self, ids: Any, where: str) -> tuple[str, ...]:
        unknown = [id_ for id_ in ids if id_ not in self._calculators]
        if unknown:
            raise KnowledgeError(f"{where}: there is no calculator {', '.join(unknown)}")
        return tuple(ids)

    def condition(self, value: Any, where: str) -> Condition:
        """Read a condition on the person or the order."""
        return parse_condition(value, where, self._sets)

    # -- replacements and tests ----------------------------------------------------------------

    def _alternatives(self, path: Path) -> tuple[Alternative, ...]:
        if not path.exists():
            return ()
        value = read_json(path)
        only_keys(value, {"drug", "alternatives"}, str(path))
        return tuple(self.alternative(item, path) for item in value["alternatives"])

    def alternative(self, value: Mapping[str, Any], path: Path) -> Alternative:
        """Read one replacement."""
        where = f"{path}: {value.get('id')}"
        allowed = {
            "id", "name", "rxcui", "atc", "class", "genes", "indication", "contraindications", "cautions",
            "interactions", "rank", "named_by", "confidence", "exclusions_confidence",
        }  # fmt: skip
        only_keys(value, allowed, where)
        rxcuis = tuple(required(value, "rxcui", where))
        return Alternative(
            id=required(value, "id", where),
            name=required(value, "name", where),
            rxcuis=rxcuis,
            ingredients=tuple(dict.fromkeys(base for code in rxcuis for base in self._base(code))),
            genes=frozenset(required(value, "genes", where)),
            indication=self.condition(value["indication"], where) if "indication" in value else None,
            contraindications=self._exclusions(value.get("contraindications", ()), where),
            cautions=self._exclusions(value.get("cautions", ()), where),
            interactions=tuple(
                Exclusion(f"takes {item['drug']}", TakesOne(code))
                for item in value.get("interactions", ())
                for code in self._base(item["rxcui"])
            ),
            rank=required(value, "rank", where),
            atc=value.get("atc", ""),
        )

    def _exclusions(self, items: Any, where: str) -> tuple[Exclusion, ...]:
        return tuple(
            Exclusion(item["name"], self._exclusion(item["name"], where), item.get("note", ""))
            for item in items
        )

    def _exclusion(self, name: str, where: str) -> Condition:
        computed = self._computed.get(name)
        if name not in self._sets:
            if computed is None:
                raise KnowledgeError(f"{where}: there is no value set or computed condition '{name}'")
            return computed
        coded: Condition = TakesDrug((name,)) if name in self._drug_sets else Problem((name,))
        # What is coded may be measured, too: either is enough, and what nobody measured says nothing.
        return coded if computed is None else AnyOf((coded, OnRecord(computed)))

    def _pretests(self, path: Path) -> tuple[PreTest, ...]:
        if not path.exists():
            return ()
        value = read_json(path)
        return tuple(self._pretest(item, path) for item in value["pretests"])

    def _pretest(self, value: Mapping[str, Any], path: Path) -> PreTest:
        where = f"{path}: {value.get('id')}"
        allowed = {
            "id", "genes", "required", "authority", "year", "when", "show_if_unknown",
            "test", "confidence", "cite",
        }  # fmt: skip
        only_keys(value, allowed, where)
        test = value.get("test")
        return PreTest(
            id=required(value, "id", where),
            genes=tuple(required(value, "genes", where)),
            required=required(value, "required", where),
            authority=required(value, "authority", where),
            when=self.condition(value["when"], where) if "when" in value else None,
            show_if_unknown=value.get("show_if_unknown", False),
            test=(test["loinc"], test["name"]) if test else None,
            cite=required(value, "cite", where),
        )


def parse_score_band(word: str) -> Range | None:
    """
    Read an activity score or a band of scores; None if the word is none.

    >>> parse_score_band("0.25..0.75").contains(__import__("decimal").Decimal("0.5"))
    True
    >>> parse_score_band(">=2.5").contains(__import__("decimal").Decimal("3"))
    True
    >>> parse_score_band("Poor Metabolizer") is None
    True
    """
    found = re.fullmatch(r"(?:(\d+(?:\.\d+)?)(?:\.\.(\d+(?:\.\d+)?))?|>=(\d+(?:\.\d+)?))", word)
    if not found:
        return None
    low, high, from_ = found.groups()
    if from_:
        return Range(from_=decimal(from_, word))
    return Range(from_=decimal(low, word), up_to=decimal(high or low, word))


def _lead(value: Mapping[str, Any], sources: Mapping[str, SourceRules], path: Path) -> str:
    lead = str(value.get("lead", ""))
    if lead and lead not in {rules.source for rules in sources.values()}:
        raise KnowledgeError(f"{path}: 'lead' is '{lead}', and there are no rules of that body")
    return lead


def _action(value: Mapping[str, Any], where: str) -> Action:
    try:
        return Action(required(value, "action", where))
    except ValueError:
        raise KnowledgeError(f"{where}: unknown action '{value['action']}'") from None


def _later(value: Mapping[str, Any], where: str) -> LaterStep:
    only_keys(value, {"step", "action", "dose", "monitoring"}, where)
    dose = _dose(value["dose"], where) if "dose" in value else None
    return LaterStep(value["step"], _action(value, where), dose, tuple(value.get("monitoring", ())))


def _dose(value: Mapping[str, Any], where: str) -> DoseAdvice:
    only_keys(value, {"factor", "limit", "applies_to", "of", "days_a_week"}, where)
    factor, limit = value.get("factor"), value.get("limit")
    return DoseAdvice(
        low=decimal(factor["low"], where) if factor else None,
        high=decimal(factor["high"], where) if factor else None,
        limit=_limit(limit, where) if limit else None,
        applies_to=value.get("applies_to", ""),
        basis=value.get("of", ""),
        days_a_week=value.get("days_a_week"),
    )


def _limit(value: Mapping[str, Any], where: str) -> DoseLimit:
    only_keys(value, {"value", "unit", "period", "kind", "below"}, where)
    if value.get("unit") not in ("mg", "mg/kg", "mg/m2") or value.get("period") not in (
        "day",
        "week",
        "dose",
    ):
        raise KnowledgeError(
            f"{where}: a dose limit needs a unit (mg, mg/kg, mg/m2) and a period (day, week, dose)"
        )
    return DoseLimit(
        decimal(value["value"], where),
        value["unit"],
        value["period"],
        value["kind"],
        value.get("below", False),
    )
