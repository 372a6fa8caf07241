"""Puts outside calls in the place of what the file itself says, and tells where the two differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from cds_service.calling.outside.values import OutsideCall
from cds_service.calling.results import GeneCall, Outcome, SampleCalls
from cds_service.calling.words import some
from cds_service.core.diplotype import Diplotype, GenotypeKind, ParsedGenotype, parse_genotype
from cds_service.core.errors import InputError
from cds_service.core.genes import Gene
from cds_service.core.notice import Notice
from cds_service.core.phenotype import GeneState, state_of_score, states_of, states_of_phenotype


def add_outside(
    samples: Iterable[SampleCalls], outside: Sequence[OutsideCall], genes: Mapping[str, Gene]
) -> Iterator[SampleCalls]:
    """
    Give each sample its outside calls.

    Args:
        samples: As called from the file.
        outside: Of all files. A call that names no sample is for the only one; for several it is refused.
        genes: What alleles mean.

    Raises:
        InputError: If it is not clear whose call it is, or a gene is called twice.
    """
    known = [call for call in outside if call.gene in genes]
    unnamed = any(not call.sample for call in known)
    for number, sample in enumerate(samples):
        if number and unnamed:
            raise InputError("an outside call names no sample, and there are several; call one with --sample")
        yield _with(sample, [call for call in known if call.sample in ("", sample.sample)], genes)


def only_outside(
    outside: Sequence[OutsideCall], genes: Mapping[str, Gene], samples: Sequence[str] = ()
) -> Iterator[SampleCalls]:
    """
    Results without a file of variants: what other programs called is all there is.

    Args:
        outside: Of all files.
        genes: What alleles mean.
        samples: Names of the samples that are wanted; empty = all.

    Raises:
        InputError: If some calls name a sample and others do not, or a sample is not among them.
    """
    known = [call for call in outside if call.gene in genes]
    names = list(dict.fromkeys(call.sample for call in known))
    if len(names) > 1 and "" in names:
        raise InputError("some outside calls name a sample and others do not; give each file its own run")
    missing = [name for name in samples if name not in names]
    if missing:
        raise InputError(f"no outside call is of sample {', '.join(missing)}")
    for name in samples or names:
        empty = SampleCalls(name, "", ())
        yield _with(empty, [call for call in known if call.sample == name], genes)


def _with(sample: SampleCalls, calls: Sequence[OutsideCall], genes: Mapping[str, Gene]) -> SampleCalls:
    if not calls:
        return sample
    found = {call.gene: call for call in sample.genes}
    done: set[str] = set()
    for call in calls:
        if call.gene in done:
            raise InputError(f"two outside calls of {call.gene} for {sample.sample}; give one of them")
        done.add(call.gene)
        found[call.gene] = understood(call, genes[call.gene], found.get(call.gene))
    return replace(sample, genes=tuple(found[gene] for gene in sorted(found)))


def understood(call: OutsideCall, gene: Gene, own: GeneCall | None) -> GeneCall:
    """
    An outside call as a result.

    Args:
        call: As read.
        gene: The gene.
        own: What the file itself gave; None = nothing.

    Returns:
        No call, with the reason, if any part of the genotype has no sure meaning.
    """
    notices = [Notice.of("outside", tool=call.tool)]
    if call.filter:
        notices.append(Notice.of("outside-filtered", tool=call.tool, filter=call.filter))
    parsed = [parse_genotype(text, gene) for text in call.genotypes]
    for text, one in zip(call.genotypes, parsed, strict=True):
        if one.kind not in (GenotypeKind.DIPLOTYPES, GenotypeKind.PRESENCE):
            notices.append(Notice.of("outside-unknown", text=text))
            return GeneCall(gene.symbol, Outcome.NO_CALL, origin=call.tool, notices=tuple(notices))
    result = _of_genotypes(parsed, gene) if parsed else _of_words(call, gene)
    result = replace(result, origin=call.tool, untestable=call.untestable)
    if call.untestable:
        notices.append(Notice.of("not-testable", alleles=some(call.untestable)))
    notices += _differences(call, result, own)
    return replace(result, notices=tuple(notices))


def _of_genotypes(parsed: Sequence[ParsedGenotype], gene: Gene) -> GeneCall:
    diplotypes: tuple[Diplotype, ...] = tuple(
        dict.fromkeys(one for each in parsed for one in each.diplotypes)
    )
    states = tuple(dict.fromkeys(state for one in diplotypes for state in states_of(one, gene)))
    said = {allele for one in parsed for allele in one.presence}
    presence = tuple(
        (allele, _agreed([one.presence.get(allele) for one in parsed])) for allele in sorted(said)
    )
    sure = len(diplotypes) <= 1 and all(there is not None for _, there in presence)
    outcome = Outcome.CALLED if sure else Outcome.AMBIGUOUS
    text = ", ".join(f"{allele} {_SIGNS[there]}" for allele, there in presence)
    return GeneCall(gene.symbol, outcome, diplotypes, states, presence=presence, phenotype_text=text)


def _agreed(values: Sequence[bool | None]) -> bool | None:
    return values[0] if len(set(values)) == 1 else None


_SIGNS = {True: "positive", False: "negative", None: "undecided"}


def _of_words(call: OutsideCall, gene: Gene) -> GeneCall:
    """A call without alleles: an activity score goes before a class."""
    states: tuple[GeneState, ...] = ()
    score = _decimal(call.score)
    if score is not None:
        state = state_of_score(score, gene)
        states = (state,) if state else ()
    if not states and call.phenotype:
        parsed = parse_genotype(call.phenotype, gene)
        if parsed.kind in (GenotypeKind.DIPLOTYPES, GenotypeKind.PRESENCE):
            return _of_genotypes([parsed], gene)
        states = states_of_phenotype(call.phenotype, gene)
    if not states:
        return GeneCall(gene.symbol, Outcome.NO_CALL)
    return GeneCall(gene.symbol, Outcome.CALLED, states=states)


def _decimal(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _differences(call: OutsideCall, result: GeneCall, own: GeneCall | None) -> Iterator[Notice]:
    """What the outside call says against itself, and against the file."""
    if call.phenotype and result.diplotypes and result.phenotype and call.phenotype != result.phenotype:
        yield Notice.of("outside-phenotype-differs", stated=call.phenotype, derived=result.phenotype)
    if (
        own is not None
        and own.diplotypes
        and result.diplotypes
        and set(own.diplotypes) != set(result.diplotypes)
    ):
        yield Notice.of("outside-differs", diplotypes=" or ".join(map(str, own.diplotypes)))
