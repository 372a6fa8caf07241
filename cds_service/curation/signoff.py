"""Sign-off: who of a site approved which rule, by the hash of its content; and knowledge cut down to it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from cds_service.core.errors import InputError, KnowledgeError
from cds_service.core.knowledge_base import Drug, KnowledgeBase, PreTest, Rule, SourceRules
from cds_service.core.tumour_rules import TumourDrug, TumourKnowledge
from cds_service.curation.canonical import dumps
from cds_service.curation.compile import content_hash
from cds_service.curation.files import only_keys, read_json, required

_SPECIAL = {"alternatives.json": "alternatives", "pretest.json": "pretests"}
_PAIRS = "phenoconversion/pairs.json"
_KEYS = ("id", "hash", "by", "on")


@dataclass(frozen=True, slots=True)
class Signature:
    """
    One approval.

    Args:
        id: Id of a rule, replacement, test or pair of drugs.
        hash: Its content when it was approved, see `item_hashes`.
        by: Who approved it.
        on: When.
    """

    id: str
    hash: str
    by: str
    on: date


@dataclass(frozen=True, slots=True)
class InUse:
    """
    How much of the knowledge is signed.

    Args:
        rules, of: Signed rules, of all.
        outdated: Ids that were signed in another wording, or do not exist (any more).
    """

    rules: int
    of: int
    outdated: tuple[str, ...] = ()


# -- what is signed --------------------------------------------------------------------------------


def item_hashes(folder: Path) -> dict[str, str]:
    """
    Id -> SHA-256 of everything that can be signed: rules, replacements, tests before the first dose, pairs.

    The hash is over canonical JSON (sorted keys, no blanks) of the entry as it stands in the file, together
    with the drug, the file it stands in and, for a rule, the definition of its population: the same words
    for other people are another rule.
    """
    found: dict[str, str] = {}
    for ident, content in _items(folder):
        if ident in found:
            raise KnowledgeError(
                f"{folder}: the id {ident} stands twice, so that nobody can say what is signed"
            )
        found[ident] = _digest(content)
    return found


def _items(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((folder / "drugs").glob("*/*.json")):
        if path.name == "drug.json":
            continue
        value = read_json(path)
        context = {"drug": value.get("drug"), "file": path.stem}
        populations = {item["id"]: item for item in value.get("populations", ())}
        for entry in value.get(_SPECIAL.get(path.name, "rules"), ()):
            people = populations.get(entry.get("population"))
            yield entry["id"], {**context, "population": people, "entry": entry}
    yield from _tumour_items(folder)
    pairs = folder / _PAIRS
    if pairs.exists():
        for entry in read_json(pairs)["pairs"]:
            yield entry["id"], {"file": "pairs", "entry": entry}


def _tumour_items(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Rules together with the use they stand in: the same words for another disease are another rule."""
    for path in sorted((folder / "tumour" / "drugs").glob("*.json")):
        value = read_json(path)
        context = {"drug": value.get("drug"), "file": f"tumour/{path.stem}"}
        for use in value.get("uses", ()):
            people = {key: item for key, item in use.items() if key != "rules"}
            for entry in use.get("rules", ()):
                yield entry["id"], {**context, "use": people, "entry": entry}
        for entry in (*value.get("tests", ()), *value.get("alternatives", ())):
            yield entry["id"], {**context, "entry": entry}


def _digest(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


# -- the file --------------------------------------------------------------------------------------


def read_signatures(path: Path) -> tuple[Signature, ...]:
    """
    Read a sign-off file.

    Raises:
        KnowledgeError: If it is missing or malformed.
    """
    value = read_json(path)
    only_keys(value, {"signatures"}, str(path))
    return tuple(
        _signature(item, f"{path}: {item.get('id')}") for item in required(value, "signatures", str(path))
    )


def _signature(item: Mapping[str, Any], where: str) -> Signature:
    only_keys(item, _KEYS, where)
    ident, digest, by, on = (str(required(item, key, where)) for key in _KEYS)
    if len(digest) != 64 or not by.strip():
        raise KnowledgeError(f"{where}: a signature needs a SHA-256 of 64 digits and a name")
    try:
        return Signature(ident, digest, by, date.fromisoformat(on))
    except ValueError:
        raise KnowledgeError(f"{where}: 'on' must be a day such as 2026-11-21") from None


def write_signatures(path: Path, signatures: Iterable[Signature]) -> None:
    """Write a sign-off file, sorted by id and day."""
    listed = sorted(signatures, key=lambda item: (item.id, item.on, item.hash))
    entries = [{"id": s.id, "hash": s.hash, "by": s.by, "on": s.on.isoformat()} for s in listed]
    path.write_text(dumps({"signatures": entries}), encoding="utf-8")


def sign(
    signatures: Iterable[Signature], idents: Iterable[str], hashes: Mapping[str, str], by: str, on: date
) -> tuple[Signature, ...]:
    """
    Add approvals of entries as they stand now. Earlier ones stay: the file is also the record.

    Args:
        signatures: What was signed before.
        idents: Ids to sign.
        hashes: Id -> hash, see `item_hashes`.
        by: Who signs.
        on: When.

    Raises:
        InputError: If an id does not exist, or nobody signs.
    """
    known = list(signatures)
    wanted = list(dict.fromkeys(idents))
    unknown = [ident for ident in wanted if ident not in hashes]
    if unknown:
        raise InputError(
            f"there is no rule, replacement, test or pair {', '.join(unknown)}; see knowledge show"
        )
    if not by.strip():
        raise InputError("a signature needs a name")
    done = {(item.id, item.hash) for item in known}
    new = [
        Signature(ident, hashes[ident], by.strip(), on)
        for ident in wanted
        if (ident, hashes[ident]) not in done
    ]
    return (*known, *new)


# -- signed knowledge ------------------------------------------------------------------------------


def only_signed(
    knowledge: KnowledgeBase, folder: Path, signatures: Iterable[Signature]
) -> tuple[KnowledgeBase, InUse]:
    """
    The knowledge with nothing in it that was not signed as it stands.

    An unsigned rule keeps its place and says nothing: the results it is written for lead to "no guidance",
    and not to a rule for "any other result". Unsigned replacements, tests and pairs are left out. Tables
    (genes, value sets, codes) are not signed.

    Args:
        knowledge: Compiled from the folder.
        folder: To take the hashes from.
        signatures: The site's approvals.

    Raises:
        KnowledgeError: If the folder changed since it was compiled.
    """
    hashes = item_hashes(folder)
    if content_hash(folder) != knowledge.content_hash:
        raise KnowledgeError(f"{folder}: the files changed while they were read; try again")
    listed = tuple(signatures)
    signed = {item.id for item in listed if hashes.get(item.id) == item.hash}
    drugs = {name: _drug(drug, signed) for name, drug in knowledge.drugs.items()}
    tumours = _tumours(knowledge.tumour, signed) if knowledge.tumour else None
    pairs = tuple(pair for pair in knowledge.pairs if pair.id in signed)
    cut = replace(knowledge, drugs=drugs, pairs=pairs, tumour=tumours)
    rules = [rule.id for drug in drugs.values() for source in drug.sources.values() for rule in source.rules]
    rules += [rule.id for tumour in (tumours.drugs.values() if tumours else ()) for rule in tumour.rules]
    outdated = tuple(sorted({item.id for item in listed} - signed))
    return cut, InUse(sum(ident in signed for ident in rules), len(rules), outdated)


def _drug(drug: Drug, signed: set[str]) -> Drug:
    return replace(
        drug,
        sources={name: _source(source, signed) for name, source in drug.sources.items()},
        alternatives=tuple(item for item in drug.alternatives if item.id in signed),
        pretests=tuple(item for item in drug.pretests if item.id in signed),
    )


def _source(source: SourceRules, signed: set[str]) -> SourceRules:
    return replace(source, rules=tuple(rule if rule.id in signed else _silent(rule) for rule in source.rules))


def _silent(rule: Rule) -> Rule:
    """A rule without an answer: it still takes the results it is written for."""
    return replace(rule, branches=())


def _tumours(knowledge: TumourKnowledge, signed: set[str]) -> TumourKnowledge:
    drugs = {name: _tumour(drug, signed) for name, drug in knowledge.drugs.items()}
    return replace(knowledge, drugs=drugs)


def _tumour(drug: TumourDrug, signed: set[str]) -> TumourDrug:
    def asked(test: PreTest | None) -> PreTest | None:
        return test if test is not None and test.id in signed else None

    uses = tuple(
        replace(
            use,
            test=asked(use.test),
            rules=tuple(
                replace(rule, test=asked(rule.test), branches=rule.branches if rule.id in signed else ())
                for rule in use.rules
            ),
        )
        for use in drug.uses
    )
    choices = tuple(item for item in drug.alternatives if item.id in signed)
    return replace(drug, uses=uses, alternatives=choices)
