"""Calls as the results that `fhir.writing` writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from cds_service.calling.results import GeneCall, SampleCalls, SeenVariant
from cds_service.calling.words import words
from cds_service.core.definitions import DefinedPosition, GeneDefinition
from cds_service.fhir.writing import (
    GeneResult,
    Outcome,
    Position,
    SampleResults,
    Source,
    VariantCall,
    grch38_accession,
)

_STATED = (Outcome.CALLED, Outcome.AMBIGUOUS)
_ACGT = frozenset("ACGT")
#: Notices that are written in another way already.
_ELSEWHERE = frozenset({"not-testable", "outside"})
_METHOD = "Named alleles from small variants (VCF)"
_STRUCTURAL = "Copies, deletions and hybrids of the gene are not seen in small variants"


@dataclass(frozen=True, slots=True)
class Frame:
    """
    What a report needs besides the calls.

    Args:
        issued: When it is made, with a time zone.
        sources: The files the calls were made from.
        laboratory: Who reports; may be empty.
        measured_on: Day the specimen was taken; None = not known.
    """

    issued: datetime
    sources: tuple[Source, ...] = ()
    laboratory: str = ""
    measured_on: date | None = None


def results_of(
    calls: SampleCalls, patient: str, frame: Frame, definitions: Mapping[str, GeneDefinition]
) -> SampleResults:
    """
    The calls of one sample as a report.

    Args:
        calls: The calls.
        patient: `Patient/<id>` as the server knows it.
        frame: What holds for all samples.
        definitions: By gene; says how many positions were looked at.

    Raises:
        InputError: If `patient` is no reference.
    """
    return SampleResults(
        patient=patient,
        sample=calls.sample,
        issued=frame.issued,
        genes=tuple(gene_result(call, definitions.get(call.gene)) for call in calls.genes),
        measured_on=frame.measured_on,
        laboratory=frame.laboratory,
        method=_METHOD,
        sources=frame.sources,
    )


def gene_result(call: GeneCall, definition: GeneDefinition | None) -> GeneResult:
    """
    One call. What is for research only is not written as a result.

    Args:
        call: The call.
        definition: How the gene is called; None for genes that no small variant shows.
    """
    own = call.origin == "vcf"
    missing = tuple(_position(site) for site in call.missing) if own else ()
    if own and definition is not None and definition.research:
        return GeneResult(
            call.gene, Outcome.NOT_COVERED, reason="Called for research only, which is no result"
        )
    outcome = Outcome(call.outcome.value)
    if outcome not in _STATED:
        return GeneResult(
            call.gene,
            outcome,
            variants=tuple(_variants(call)) if outcome is Outcome.NO_CALL else (),
            missing=missing,
            reason="; ".join(map(words, call.notices)) or "No position of the gene is in the file",
        )
    scores = {state.score for state in call.states}
    score = scores.pop() if len(scores) == 1 else None
    seen = [site for site in definition.positions if not site.extra] if definition and own else []
    return GeneResult(
        call.gene,
        outcome,
        diplotypes=call.diplotypes,
        phenotype="" if call.presence else call.phenotype,
        score=score.value if score else None,
        score_at_least=bool(score and score.at_least),
        presence=call.presence,
        variants=tuple(_variants(call)) if own else (),
        examined=len(seen) - len(missing) if seen else None,
        missing=missing,
        limits=_limits(call, definition) if own else "",
        notes=tuple(words(notice) for notice in call.notices if notice.key not in _ELSEWHERE),
    )


def _limits(call: GeneCall, definition: GeneDefinition | None) -> str:
    limits = [f"Not tested: {', '.join(call.untestable)}"] if call.untestable else []
    if definition is not None and definition.structural:
        limits.append(_STRUCTURAL)
    return ". ".join(limits)


def _position(site: DefinedPosition) -> Position:
    return Position(grch38_accession(site.chrom), site.position, site.rsid)


def _variants(call: GeneCall) -> Iterator[VariantCall]:
    """What differs from the reference, one entry for each base that is not the reference's."""
    for seen in call.variants:
        for bases in dict.fromkeys(seen.bases):
            if bases != seen.position.ref and bases and _ACGT.issuperset(bases):
                site = seen.position
                yield VariantCall(_position(site), site.ref, bases, _zygosity(seen))


def _zygosity(seen: SeenVariant) -> str:
    if len(seen.bases) == 1:
        return "homoplasmic" if seen.position.chrom == "chrM" else "hemizygous"
    return "homozygous" if len(set(seen.bases)) == 1 else "heterozygous"
