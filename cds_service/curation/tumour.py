"""Reads `knowledge/tumour/`: markers of tumours and the rules on them, apart from genes and their rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from cds_service.core.errors import KnowledgeError
from cds_service.core.evidence import Origin
from cds_service.core.knowledge_base import Alternative, Guideline, PreTest
from cds_service.core.tumour_changes import Change, changes_in
from cds_service.core.tumour_markers import NEGATIVE, Marker, MarkerState, Reads, Span
from cds_service.core.tumour_numbers import band_of
from cds_service.core.tumour_rules import TumourDrug, TumourKnowledge, TumourRule, Use, Wanted
from cds_service.curation.conditions import told_apart, uses_of
from cds_service.curation.drugs import DrugReader
from cds_service.curation.files import only_keys, read_json, required

MARKERS = "markers.json"


def load_tumour(folder: Path, reader: DrugReader, drugs: Mapping[str, object]) -> TumourKnowledge:
    """
    Read the markers, and the file of each drug in `drugs/`.

    Args:
        folder: `knowledge/tumour`; a knowledge folder may be without.
        reader: Reads answers, conditions and replacements, which are written as for other rules.
        drugs: Names of the drugs the knowledge has.

    Raises:
        KnowledgeError: If a file is malformed or names something that is not there.
    """
    if not folder.is_dir():
        return TumourKnowledge()
    markers = load_markers(folder / MARKERS)
    found = {}
    for path in sorted((folder / "drugs").glob("*.json")):
        drug = TumourReader(reader, markers, path).read()
        if drug.drug not in drugs:
            raise KnowledgeError(f"{path}: there is no drug '{drug.drug}'; add drugs/{drug.drug}/drug.json")
        found[drug.drug] = drug
    return TumourKnowledge(markers, _told_apart(found))


def _told_apart(drugs: Mapping[str, TumourDrug]) -> dict[str, TumourDrug]:
    """
    A reason that is a tumour of no drug here leaves open which use is meant; another drug's tumour does not.
    """
    uses = [use for drug in drugs.values() for use in drug.uses]
    names = tuple(sorted({name for use in uses for name in uses_of(use.when)}))
    return {
        name: replace(drug, uses=tuple(replace(u, when=told_apart(u.when, names)) for u in drug.uses))
        for name, drug in drugs.items()
    }


# -- markers ---------------------------------------------------------------------------------------


def load_markers(path: Path) -> dict[str, Marker]:
    """Read `markers.json`."""
    found: dict[str, Marker] = {}
    for item in required(read_json(path), "markers", str(path)):
        marker = _marker(item, f"{path}: {item.get('marker')}")
        if found.setdefault(marker.name, marker) is not marker:
            raise KnowledgeError(f"{path}: marker {marker.name} stands twice")
    return found


def _marker(value: Mapping[str, Any], where: str) -> Marker:
    allowed = {
        "marker", "genes", "reads", "origins", "states", "about", "not_about", "negative", "unnamed",
        "all_genes", "in_blood", "latest", "cite",
    }  # fmt: skip
    only_keys(value, allowed, where)
    states = tuple(_state(item, where) for item in value.get("states", ()))
    unnamed = value.get("unnamed", "")
    if unnamed and unnamed not in {state.name for state in states}:
        raise KnowledgeError(f"{where}: 'unnamed' must be one of its states")
    try:
        reads = Reads(required(value, "reads", where))
        origins = frozenset(Origin(word) for word in required(value, "origins", where))
    except ValueError as error:
        raise KnowledgeError(f"{where}: {error}") from None
    if bool(states) is (reads is Reads.NUMBER):
        raise KnowledgeError(f"{where}: a number has no states, everything else has some")
    return Marker(
        name=required(value, "marker", where),
        genes=tuple(required(value, "genes", where)),
        reads=reads,
        states=states,
        origins=origins,
        about=tuple(value.get("about", ())),
        not_about=tuple(value.get("not_about", ())),
        negative=value.get("negative", NEGATIVE),
        unnamed=unnamed,
        all_genes=value.get("all_genes", False),
        in_blood=value.get("in_blood", False),
        latest=value.get("latest", False),
    )


def _state(value: Mapping[str, Any], where: str) -> MarkerState:
    only_keys(value, {"state", "changes", "spans", "says", "exons"}, where)
    return MarkerState(
        name=required(value, "state", where),
        changes=tuple(_change(text, where) for text in value.get("changes", ())),
        spans=tuple(
            Span(item["kind"], item["from"], item["to"], item.get("exon", 0))
            for item in value.get("spans", ())
        ),
        says=tuple(value.get("says", ())),
        exons=frozenset(value.get("exons", ())),
    )


def _change(text: str, where: str) -> Change:
    found = changes_in(text)
    if len(found) != 1 or found[0].kind != "substitution":
        raise KnowledgeError(f"{where}: '{text}' is no change of one residue such as L858R or G719X")
    return replace(found[0], text="")


# -- rules -----------------------------------------------------------------------------------------


class TumourReader:
    """
    Reads the file of one drug.

    Args:
        reader: For what is written as in other rules.
        markers: Markers that rules may look at.
        path: The file.
    """

    def __init__(self, reader: DrugReader, markers: Mapping[str, Marker], path: Path) -> None:
        self._reader = reader
        self._markers = markers
        self._path = path
        self._tests: dict[str, PreTest] = {}

    def read(self) -> TumourDrug:
        """The rules of the drug."""
        value = read_json(self._path)
        where = str(self._path)
        only_keys(value, {"drug", "source", "guideline", "tests", "uses", "alternatives"}, where)
        guideline = required(value, "guideline", where)
        self._tests = {item["id"]: self._test(item) for item in value.get("tests", ())}
        uses = tuple(self._use(item) for item in required(value, "uses", where))
        found = TumourDrug(
            drug=required(value, "drug", where),
            guideline=Guideline(
                source=required(value, "source", where),
                name=required(guideline, "name", where),
                version=required(guideline, "version", where),
                url=required(guideline, "url", where),
                pmids=tuple(guideline.get("pmids", ())),
            ),
            uses=uses,
            alternatives=tuple(self._alternative(item) for item in value.get("alternatives", ())),
        )
        self._check(found)
        return found

    def _use(self, value: Mapping[str, Any]) -> Use:
        where = f"{self._path}: use {value.get('id')}"
        only_keys(value, {"id", "when", "test", "known_by", "rules"}, where)
        return Use(
            id=required(value, "id", where),
            when=self._reader.condition(required(value, "when", where), where),
            rules=tuple(self._rule(item) for item in value.get("rules", ())),
            test=self._named_test(value["test"], where) if "test" in value else None,
            known_by=self._reader.condition(value["known_by"], where) if "known_by" in value else None,
        )

    def _rule(self, value: Mapping[str, Any]) -> TumourRule:
        where = f"{self._path}: rule {value.get('id')}"
        allowed = {
            "id", "when", "only", "strength", "implication", "unsuitable", "named", "test", "branches",
            "text_as_of", "cite",
        }  # fmt: skip
        only_keys(value, allowed, where)
        branches = tuple(self._reader.branch(item, where) for item in required(value, "branches", where))
        if not branches:
            raise KnowledgeError(f"{where}: a rule needs at least one branch")
        return TumourRule(
            id=required(value, "id", where),
            when=tuple(self._wanted(item, where) for item in required(value, "when", where)),
            branches=branches,
            only=self._reader.condition(value["only"], where) if "only" in value else None,
            strength=value.get("strength", ""),
            implication=value.get("implication", ""),
            unsuitable=frozenset(value.get("unsuitable", ())),
            named=tuple(value.get("named", ())),
            test=self._named_test(value["test"], where) if "test" in value else None,
            text_as_of=required(value, "text_as_of", where),
            cite=required(value, "cite", where),
        )

    def _wanted(self, value: Mapping[str, list[str]], where: str) -> Wanted:
        for name, words in value.items():
            marker = self._marker(name, where)
            known = {state.name for state in marker.states} | {NEGATIVE}
            for word in words:
                if (band_of(word) is None) is (marker.reads is Reads.NUMBER) or (
                    marker.reads is not Reads.NUMBER and word not in known
                ):
                    raise KnowledgeError(f"{where}: marker {name} is never '{word}'")
        return {name: tuple(words) for name, words in value.items()}

    def _marker(self, name: str, where: str) -> Marker:
        if name not in self._markers:
            raise KnowledgeError(f"{where}: there is no marker '{name}'")
        return self._markers[name]

    # -- tests and replacements ----------------------------------------------------------------

    def _test(self, value: Mapping[str, Any]) -> PreTest:
        where = f"{self._path}: test {value.get('id')}"
        allowed = {"id", "markers", "required", "authority", "year", "when", "test", "confidence", "cite"}
        only_keys(value, allowed, where)
        names = tuple(self._marker(name, where).name for name in required(value, "markers", where))
        test = value.get("test")
        return PreTest(
            id=required(value, "id", where),
            genes=names,
            required=required(value, "required", where),
            authority=required(value, "authority", where),
            when=self._reader.condition(value["when"], where) if "when" in value else None,
            test=(test["loinc"], test["name"]) if test else None,
            cite=required(value, "cite", where),
        )

    def _named_test(self, name: str, where: str) -> PreTest:
        if name not in self._tests:
            raise KnowledgeError(f"{where}: the file has no test '{name}'")
        return self._tests[name]

    def _alternative(self, value: Mapping[str, Any]) -> Alternative:
        """As in `alternatives.json`, but it belongs to rules of this file instead of genes."""
        rules = required(value, "rules", f"{self._path}: {value.get('id')}")
        written = {key: item for key, item in value.items() if key != "rules"}
        return self._reader.alternative({**written, "genes": rules}, self._path)

    def _check(self, found: TumourDrug) -> None:
        ids = [rule.id for rule in found.rules]
        twice = sorted({id_ for id_ in ids if ids.count(id_) > 1})
        if twice:
            raise KnowledgeError(f"{self._path}: rule id {', '.join(twice)} stands twice")
        for choice in found.alternatives:
            unknown = sorted(choice.genes - set(ids))
            if unknown:
                raise KnowledgeError(f"{self._path}: {choice.id}: there is no rule {', '.join(unknown)}")
