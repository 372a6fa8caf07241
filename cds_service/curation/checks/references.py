"""What a file names exists, and is named somewhere: genes, value sets, populations, implications, sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from cds_service.core.comedication import COMEDICATION, INHIBITOR
from cds_service.curation.conditions_in import named_diplotypes, named_sets
from cds_service.curation.context import Context, Fault
from cds_service.curation.tumour_files import tumour_rules

name = "references"

COMPUTED = "value_sets/computed.json"
#: What may stand for a gene where a replacement answers to another drug instead.
TAGS = frozenset({INHIBITOR, COMEDICATION})


@dataclass(frozen=True, slots=True)
class _Names:
    """Everything that can be referred to. Read from the files, so that it is there if nothing compiles."""

    genes: frozenset[str]
    presence_alleles: frozenset[str]
    value_sets: frozenset[str]
    reasons: frozenset[str]
    implications: frozenset[str]
    sources: frozenset[str]
    labels: frozenset[str]
    tests: frozenset[str]


def run(context: Context) -> Iterator[Fault]:
    """Names that lead nowhere, and entries nobody refers to."""
    names = _names(context)
    for path, document in context.files_of("drugs/*/*.json"):
        yield from _own_name(path, document, context)
    for path, document in context.rule_files.items():
        yield from _rules(path, document, names)
    for path, entry in _entries(context.files_of("drugs/*/alternatives.json"), "alternatives"):
        yield from (Fault(path, entry["id"], what) for what in _alternative(entry, names))
    for path, entry in _entries(context.files_of("drugs/*/pretest.json"), "pretests"):
        yield from (Fault(path, entry["id"], what) for what in _pretest(entry, names))
    for where, condition in _computed(context).items():
        for what in _unknown("value set", named_sets(condition), names.value_sets):
            yield Fault(COMPUTED, where, what)
    yield from _implications(context, names)


def _names(context: Context) -> _Names:
    genes = {document["gene"]: document for _, document in context.files_of("genes/*/gene.json")}
    value_sets = _column(context, "value_sets/value_sets.tsv", 0)
    sources = context.documents.get("sources/sources.json", {}).get("sources", ())
    return _Names(
        genes=frozenset(genes),
        presence_alleles=frozenset(
            f"{symbol}{allele}"
            for symbol, gene in genes.items()
            for allele in gene.get("presence_alleles", ())
        ),
        value_sets=value_sets,
        reasons=value_sets | _computed(context).keys(),
        implications=frozenset(context.documents.get("implications.json", {}).get("harm", ())),
        sources=frozenset(entry["id"] for entry in sources),
        labels=frozenset(entry["label"] for entry in sources),
        tests=_column(context, "codes/loinc_pgx.tsv", 0),
    )


def _computed(context: Context) -> Mapping[str, Any]:
    conditions: Mapping[str, Any] = context.documents.get(COMPUTED, {}).get("conditions", {})
    return conditions


def _column(context: Context, path: str, number: int) -> frozenset[str]:
    lines = context.tables.get(path, "").split("\n")[1:]
    return frozenset(line.split("\t")[number] for line in lines if line)


def _entries(files: Iterable[tuple[str, Any]], key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path, document in files:
        for entry in document[key]:
            yield path, entry


def _unknown(kind: str, names: Iterable[str], known: frozenset[str]) -> Iterator[str]:
    for one in dict.fromkeys(names):
        if one not in known:
            yield f"there is no {kind} '{one}'; correct the name or add it"


def _own_name(path: str, document: Mapping[str, Any], context: Context) -> Iterator[Fault]:
    """Every file of a drug's folder is about the drug that its `drug.json` names."""
    own = context.documents.get(f"{PurePosixPath(path).parent}/drug.json", {}).get("drug", "")
    if document["drug"] != own:
        what = f"the file is about '{document['drug']}', its folder about '{own}'; correct the name"
        yield Fault(path, "drug", what)


# -- rules -----------------------------------------------------------------------------------------


def _rules(path: str, document: Mapping[str, Any], names: _Names) -> Iterator[Fault]:
    rules, populations = document["rules"], document.get("populations", ())
    for what in _unknown("source", [document["source"]], names.sources):
        yield Fault(path, "source", what)
    for what in _unknown("gene", document["genes"], names.genes):
        yield Fault(path, "genes", what)
    used = {gene for rule in rules for when in rule["when"] for gene in when}
    for gene in sorted(set(document["genes"]) - used):
        yield Fault(path, "genes", f"no rule looks at {gene}; remove it or add its rules")
    populated = {rule.get("population") for rule in rules}
    for population in populations:
        if population["id"] not in populated:
            yield Fault(path, population["id"], "no rule is for this population; remove it or add its rules")
        for what in _unknown("value set", named_sets(population["when"]), names.value_sets):
            yield Fault(path, population["id"], what)
    ids = frozenset(population["id"] for population in populations)
    for rule in rules:
        for what in _rule(rule, frozenset(document["genes"]), ids, names):
            yield Fault(path, rule["id"], what)


def _rule(
    rule: Mapping[str, Any], genes: frozenset[str], populations: frozenset[str], names: _Names
) -> Iterator[str]:
    yield from _unknown("gene in this file's genes", (gene for when in rule["when"] for gene in when), genes)
    if "population" in rule:
        yield from _unknown("population in this file", [rule["population"]], populations)
    if "implication" in rule:
        yield from _unknown("key in implications.json", [rule["implication"]], names.implications)
    for branch in rule["branches"]:
        yield from _unknown("value set", named_sets(branch.get("when")), names.value_sets)
        yield from _unknown("gene", (gene for gene, _ in named_diplotypes(branch.get("when"))), names.genes)


# -- replacements, tests, implications -------------------------------------------------------------


def _alternative(entry: Mapping[str, Any], names: _Names) -> Iterator[str]:
    yield from _unknown("gene", entry["genes"], names.genes | TAGS)
    yield from _unknown("value set", named_sets(entry.get("indication")), names.value_sets)
    reasons = [item["name"] for key in ("contraindications", "cautions") for item in entry.get(key, ())]
    yield from _unknown("value set or computed condition", reasons, names.reasons)
    yield from _unknown("label in sources/sources.json", entry.get("named_by", ()), names.labels)


def _pretest(entry: Mapping[str, Any], names: _Names) -> Iterator[str]:
    yield from _unknown("gene or presence allele", entry["genes"], names.genes | names.presence_alleles)
    yield from _unknown("value set", named_sets(entry.get("when")), names.value_sets)
    if "test" in entry and entry["test"]["loinc"] not in names.tests:
        yield f"codes/loinc_pgx.tsv has no {entry['test']['loinc']}, so its result would not be read; add it"


def _implications(context: Context, names: _Names) -> Iterator[Fault]:
    pairs = list(_entries(context.files_of("phenoconversion/pairs.json"), "pairs"))
    used = {rule.get("implication") for _, rule in _entries(context.rule_files.items(), "rules")}
    used |= {rule.get("implication") for _, _, rule in tumour_rules(context)}
    for key in sorted(names.implications - used - {pair["implication"] for _, pair in pairs}):
        yield Fault("implications.json", f"harm.{key}", "no rule has this implication; remove it or use it")
    for path, pair in pairs:
        for what in _unknown("key in implications.json", [pair["implication"]], names.implications):
            yield Fault(path, pair["id"], what)
        for what in _unknown("source", [pair["guideline"]["source"]], names.sources):
            yield Fault(path, pair["id"], what)
