"""Rules on tumours: names lead somewhere, and of every state of a marker a rule says what follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cds_service.core.actions import QUIET, Action
from cds_service.core.tumour_markers import NEGATIVE, Marker, Reads
from cds_service.core.tumour_rules import Use
from cds_service.curation.context import Context, Fault
from cds_service.curation.tumour_files import FILES, tumour_rules

name = "tumour"

MARKERS = "tumour/markers.json"


def run(context: Context) -> Iterator[Fault]:
    """Names that lead nowhere, states nobody speaks of, tests and markers nobody uses."""
    yield from _names(context)
    yield from _used(context)
    knowledge = context.knowledge
    if knowledge is None or knowledge.tumour is None:
        return
    for path, document in context.files_of(FILES):
        drug = knowledge.tumour.drugs.get(document["drug"])
        if drug is None:
            continue
        for use in drug.uses:
            yield from (Fault(path, use.id, what) for what in _unspoken(use, knowledge.tumour.markers))
        for choice in drug.alternatives:
            yield from (Fault(path, choice.id, what) for what in _codes(choice, context))


def _names(context: Context) -> Iterator[Fault]:
    """What the reader does not look up itself: implications, sources, the folder's own name."""
    implications = context.documents.get("implications.json", {}).get("harm", {})
    sources = {entry["id"] for entry in context.documents.get("sources/sources.json", {}).get("sources", ())}
    tests = {line.split("\t")[0] for line in context.tables.get("codes/loinc_pgx.tsv", "").split("\n")}
    for path, _, rule in tumour_rules(context):
        key = rule.get("implication")
        if key is not None and key not in implications:
            yield Fault(path, rule["id"], f"implications.json has no '{key}'; correct the key or add it")
        loud = any(Action(branch["action"]) not in QUIET for branch in rule["branches"])
        if loud and key is None and "test" not in rule:
            yield Fault(path, rule["id"], "it asks for something and has no implication; say why")
    for path, document in context.files_of(FILES):
        if document["source"] not in sources:
            what = f"there is no source '{document['source']}'; correct the name or add it"
            yield Fault(path, "source", what)
        for test in document.get("tests", ()):
            if "test" in test and test["test"]["loinc"] not in tests:
                yield Fault(path, test["id"], f"codes/loinc_pgx.tsv has no {test['test']['loinc']}; add it")


def _used(context: Context) -> Iterator[Fault]:
    """Tests and markers nobody asks for."""
    asked: set[str] = set()
    for path, document in context.files_of(FILES):
        named = {use.get("test") for use in document["uses"]}
        named |= {rule.get("test") for use in document["uses"] for rule in use.get("rules", ())}
        for test in document.get("tests", ()):
            asked.update(test["markers"])
            if test["id"] not in named:
                yield Fault(path, test["id"], "no use and no rule asks for this test; remove it or use it")
    for _, _, rule in tumour_rules(context):
        asked.update(marker for each in rule["when"] for marker in each)
    for marker in context.documents.get(MARKERS, {}).get("markers", ()):
        if marker["marker"] not in asked:
            yield Fault(MARKERS, marker["marker"], "no rule looks at this marker; remove it or use it")


def _unspoken(use: Use, markers: Mapping[str, Marker]) -> Iterator[str]:
    """States of a marker the use looks at of which no rule says what follows."""
    spoken: dict[str, set[str]] = {}
    for rule in use.rules:
        for each in rule.when:
            for marker, words in each.items():
                spoken.setdefault(marker, set()).update(words)
    for marker, told in sorted(spoken.items()):
        if use.test is None or marker not in use.test.genes or markers[marker].reads is Reads.NUMBER:
            continue
        for state in [*(state.name for state in markers[marker].states), NEGATIVE]:
            if state not in told and not _means_same(markers[marker], state, told):
                what = f"no rule says what follows from {marker} '{state}'"
                yield f"{what}; add one, with no-recommendation at least"


def _means_same(marker: Marker, state: str, words: set[str]) -> bool:
    """True if whatever meets the state meets a state, too, that is spoken of."""
    mine = next((each for each in marker.states if each.name == state), None)
    others = [each for each in marker.states if each.name in words]
    if mine is None:
        return False
    if marker.reads is Reads.GRADE and state == NEGATIVE:
        return True
    return bool(mine.changes) and all(
        any(other.is_met_by(change) for other in others) for change in mine.changes
    )


def _codes(choice: Any, context: Context) -> Iterator[str]:
    known = context.knowledge.drug_codes.ingredients if context.knowledge else {}
    for code in choice.rxcuis:
        if code not in known:
            yield f"rxnorm/ingredients.tsv has no code {code}; correct or add it"
