"""What can only be said of a result when all are known: repeats, corrections, changes behind a genotype."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from cds_service.core.evidence import Origin, ReportedResult, ResultKind, Use
from cds_service.core.model import Notice
from cds_service.fhir.readers import notices
from cds_service.fhir.readers.desk import Desk
from cds_service.fhir.readers.laboratory import NO_CALL_TEXT
from cds_service.fhir.values import (
    Json,
    codings,
    concept_texts,
    day,
    mappings,
    reference_key,
    resource_key,
    text,
)

_CORRECTING = frozenset({"amended", "corrected"})
_LINKS = ("derivedFrom", "hasMember")


class Read(NamedTuple):
    """A result and the resource it was read from."""

    result: ReportedResult
    resource: Json


def settle(desk: Desk, found: Sequence[Read]) -> tuple[ReportedResult, ...]:
    """All results, each once, with the use that the others leave them."""
    once = _without_repeats(found)
    current = _without_superseded(once)
    return tuple(read.result for read in _with_supporting_changes(desk, current))


def _without_repeats(found: Sequence[Read]) -> list[Read]:
    """A result that stands in a report and was also found by a search counts once."""
    if not any("#" in read.result.source for read in found):
        return list(found)
    free = {_content(read.result) for read in found if "#" not in read.result.source}
    return [read for read in found if "#" not in read.result.source or _content(read.result) not in free]


def _content(result: ReportedResult) -> tuple[object, ...]:
    parts = (result.gene, result.kind, result.text, result.allele, result.present, result.score)
    return (*parts, result.zygosity, result.origin, result.donor, result.measured_on)


def _without_superseded(found: list[Read]) -> list[Read]:
    """Earlier versions of a corrected result are kept, but not used."""
    corrections = [
        read
        for read in found
        if text(read.resource.get("status")) in _CORRECTING
        and read.result.use is Use.YES
        and not read.result.ehr_statement
    ]
    if not corrections:
        return found
    return [
        _marked(read, Use.NO, notices.superseded(read.result.gene))
        if any(_supersedes(correction, read) for correction in corrections)
        else read
        for read in found
    ]


def _supersedes(new: Read, old: Read) -> bool:
    """The same test of the same specimen, or the same identifier, issued before the correction."""
    if new.resource is old.resource or old.result.use is not Use.YES:
        return False
    same = new.result.gene == old.result.gene and new.result.kind is old.result.kind
    if not same or (new.result.allele, new.result.donor) != (old.result.allele, old.result.donor):
        return False
    issued, before = day(new.resource.get("issued")), day(old.resource.get("issued"))
    if issued and before and before > issued:
        return False
    if text(old.resource.get("status")) in _CORRECTING and (not issued or not before or before == issued):
        return False
    if _identifiers(new.resource) & _identifiers(old.resource):
        return True
    day_known = new.result.measured_on is not None and new.result.measured_on == old.result.measured_on
    return day_known and bool(_test(new.resource) & _test(old.resource))


def _identifiers(resource: Json) -> set[tuple[str, str]]:
    found = {
        (text(item.get("system")), text(item.get("value"))) for item in mappings(resource.get("identifier"))
    }
    return {(system, value) for system, value in found if value}


def _test(resource: Json) -> set[str]:
    code = resource.get("code")
    return {*(f"{coded.system}|{coded.code}" for coded in codings(code) if coded.code), *concept_texts(code)}


def _with_supporting_changes(desk: Desk, found: list[Read]) -> list[Read]:
    """
    Changes that a genotype was derived from, or that its report lists beside it, drive nothing themselves.

    The laboratory weighed them when it named the genotype, also where they seem to say something else.
    """
    if not any(_is_inherited_change(read.result) for read in found):
        return found
    behind = {
        (read.result.gene, key) for read in found if _is_genotype(read.result) for key in _behind(desk, read)
    }
    whole = {
        (read.result.gene, resource_key(desk.report_of[read.result.source]))
        for read in found
        if _is_genotype(read.result) and read.result.source in desk.report_of
    }
    if not behind and not whole:
        return found

    def supports(read: Read) -> bool:
        gene, source = read.result.gene, read.result.source
        report = desk.report_of.get(source)
        beside = report is not None and (gene, resource_key(report)) in whole
        return _is_inherited_change(read.result) and (beside or (gene, source) in behind)

    return [
        _marked(read, Use.NO, notices.supports_genotype(read.result.gene)) if supports(read) else read
        for read in found
    ]


def _is_genotype(result: ReportedResult) -> bool:
    named = result.kind is ResultKind.DIPLOTYPE and result.text != NO_CALL_TEXT
    return named and result.use is Use.YES and result.origin is not Origin.SOMATIC


def _is_inherited_change(result: ReportedResult) -> bool:
    usable = result.use in (Use.YES, Use.CONTEXT) and result.origin is not Origin.SOMATIC
    return result.kind is ResultKind.VARIANT and usable


def _behind(desk: Desk, read: Read) -> Iterator[str]:
    """Sources of all results a genotype refers to, over any number of steps."""
    base = read.result.source.partition("#")[0]
    seen: set[str] = set()
    open_ends: list[Json] = [read.resource]
    while open_ends:
        resource = open_ends.pop()
        for key in (reference_key(r) for name in _LINKS for r in mappings(resource.get(name))):
            whole = f"{base}{key}" if key.startswith("#") else key
            if whole and whole not in seen:
                seen.add(whole)
                yield whole
                if whole in desk.by_key:
                    open_ends.append(desk.by_key[whole])


def _marked(read: Read, use: Use, notice: Notice) -> Read:
    result = replace(read.result, use=use, notices=(*read.result.notices, notice))
    return read._replace(result=result)
