"""What was written is read back by our own readers as what it was."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations_with_replacement

import pytest

from cds_service.core.evidence import Origin, ReportedResult, ResultKind, Use
from cds_service.core.genes import Gene, Method
from cds_service.core.genotype_values import AlleleCopies, Diplotype
from cds_service.core.phenotype import states_of, states_of_phenotype
from cds_service.core.weigh import GeneEvidence, ResultState, weigh
from cds_service.fhir.writing import GeneResult, Outcome, VariantCall, WrittenResults
from tests.builders import knowledge
from tests.fhir.writing.samples import (
    SPECIMEN_DAY,
    called,
    every_kind,
    pair,
    read_back,
    resources,
    variant,
    written,
)

_GENES = sorted(knowledge().genes)


def of_method(*methods: Method) -> list[str]:
    return [symbol for symbol in _GENES if knowledge().genes[symbol].method in methods]


_OF_PRESENCE = of_method(Method.ALLELE_PRESENCE)
_OF_SINGLES = of_method(Method.HAPLOID, Method.SEX_LINKED)
_OF_ALLELES = [
    symbol for symbol in _GENES if symbol not in _OF_PRESENCE and knowledge().genes[symbol].alleles
]
_OF_PAIRS = [symbol for symbol in _OF_ALLELES if len(knowledge().genes[symbol].alleles) > 1]
_OF_PAIRS = [symbol for symbol in _OF_PAIRS if symbol not in of_method(Method.HAPLOID)]


def diplotypes_of(gene: Gene) -> Iterator[Diplotype]:
    """Every allele once beside the reference or the first one, and alone where there may be no second one."""
    other = gene.reference or next(iter(gene.alleles))
    for allele in gene.alleles:
        if gene.method in (Method.HAPLOID, Method.SEX_LINKED):
            yield pair(gene.symbol, allele)
        if gene.method is not Method.HAPLOID:
            yield pair(gene.symbol, other, allele)


def results(*genes: GeneResult) -> list[ReportedResult]:
    """The results; what says less than they do, single alleles behind a genotype, is left away."""
    document = written(*genes)
    found = read_back(document).results
    return [result for result in found if result.use is Use.YES and result.source not in behind(document)]


def behind(document: WrittenResults) -> set[str]:
    haplotypes = {
        found["identifier"][0]["value"] for found in resources(document, "Observation", "haplotype")
    }
    return {f"Observation/{name}" for name in haplotypes}


def evidence(*genes: GeneResult) -> GeneEvidence:
    """What the written results of one gene say, all weighed."""
    return weigh(knowledge().genes[genes[0].gene], read_back(written(*genes)).results)


def states(possible: object) -> set[tuple[str, Decimal | None]]:
    return {(state.phenotype, state.score_value) for state in possible}  # type: ignore[attr-defined]


@pytest.mark.parametrize("symbol", _OF_ALLELES)
def test_every_allele_of_a_gene_comes_back(symbol: str) -> None:
    gene = knowledge().genes[symbol]
    wanted = [*dict.fromkeys(diplotypes_of(gene))]
    found = results(*(GeneResult(symbol, diplotypes=(diplotype,)) for diplotype in wanted))
    assert [result.kind for result in found] == [ResultKind.DIPLOTYPE] * len(wanted)
    differing = [
        (str(diplotype), result.text)
        for diplotype, result in zip(wanted, found, strict=True)
        if states(weigh(gene, [result]).possible) != states(states_of(diplotype, gene))
    ]
    assert differing == []


@pytest.mark.parametrize("symbol", _OF_PRESENCE)
def test_every_pair_of_typed_alleles_comes_back(symbol: str) -> None:
    gene = knowledge().genes[symbol]
    for first, second in combinations_with_replacement([*gene.alleles, "*99:01"], 2):
        presence = evidence(called(symbol, first, second)).presence
        assert presence == {allele: allele in (first, second) for allele in gene.presence_alleles}


@pytest.mark.parametrize("present", [True, False, None])
@pytest.mark.parametrize("symbol", _OF_PRESENCE)
def test_the_presence_of_every_allele_comes_back(symbol: str, present: bool | None) -> None:
    for allele in knowledge().genes[symbol].presence_alleles:
        (found,) = results(GeneResult(symbol, presence=((allele, present),)))
        assert (found.kind, found.gene) == (ResultKind.ALLELE_PRESENCE, symbol)
        assert (found.allele, found.present) == (allele, present)


@pytest.mark.parametrize("symbol", _GENES)
def test_every_class_of_a_gene_comes_back(symbol: str) -> None:
    gene = knowledge().genes[symbol]
    for term in gene.phenotypes:
        (found,) = results(GeneResult(symbol, phenotype=term))
        assert (found.gene, found.text) == (symbol, term)
        assert states(weigh(gene, [found]).possible) == states(states_of_phenotype(term, gene))


@pytest.mark.parametrize("symbol", _GENES)
def test_a_no_call_of_every_gene_comes_back_as_no_call(symbol: str) -> None:
    (found,) = results(GeneResult(symbol, Outcome.NO_CALL, reason="Too few reads"))
    assert weigh(knowledge().genes[symbol], [found]).state is ResultState.NO_CALL
    assert found.limits == "Too few reads"


@pytest.mark.parametrize("symbol", _GENES)
def test_a_gene_that_was_not_covered_comes_back_as_not_tested(symbol: str) -> None:
    found = read_back(written(GeneResult(symbol, Outcome.NOT_COVERED, reason="Not on the array")))
    assert found.results == ()
    assert weigh(knowledge().genes[symbol], found.results).state is ResultState.NOT_TESTED


@pytest.mark.parametrize("symbol", _OF_PAIRS)
def test_an_ambiguous_result_of_every_gene_keeps_all_possibilities(symbol: str) -> None:
    gene = knowledge().genes[symbol]
    first, second, *_ = sorted(gene.alleles, key=lambda allele: (allele.count(" "), allele))
    possible = [pair(symbol, first, allele) for allele in (first, second)]
    found = evidence(GeneResult(symbol, Outcome.AMBIGUOUS, diplotypes=tuple(possible)))
    wanted = {state for diplotype in possible for state in states(states_of(diplotype, gene))}
    assert states(found.possible) == wanted


@pytest.mark.parametrize("symbol", _OF_SINGLES)
def test_an_ambiguous_result_of_a_single_copy_is_never_taken_for_a_sure_one(symbol: str) -> None:
    first, second, *_ = knowledge().genes[symbol].alleles
    found = evidence(
        GeneResult(symbol, Outcome.AMBIGUOUS, diplotypes=(pair(symbol, first), pair(symbol, second)))
    )
    assert found.state is ResultState.NOT_TRANSLATABLE


def test_possibilities_too_long_for_a_result_are_never_taken_for_a_sure_one() -> None:
    first, second = "rs9923231 reference (C)", "rs9923231 variant (T)"
    possible = tuple(
        pair("VKORC1", *alleles) for alleles in ((first, first), (first, second), (second, second))
    )
    found = evidence(GeneResult("VKORC1", Outcome.AMBIGUOUS, diplotypes=possible))
    assert found.only is None
    assert found.state is not ResultState.NOT_TESTED


def test_an_ambiguous_typing_leaves_the_allele_undecided() -> None:
    possible = (pair("HLA-B", "*57:01", "*07:02"), pair("HLA-B", "*57:03", "*07:02"))
    found = evidence(GeneResult("HLA-B", Outcome.AMBIGUOUS, diplotypes=possible))
    assert (found.presence["*57:01"], found.presence["*58:01"]) == (None, False)


@pytest.mark.parametrize(
    ("alleles", "text"),
    [
        ((AlleleCopies("*1", 2), AlleleCopies("*4")), "*1x2/*4"),
        ((AlleleCopies("*1", 2, True), AlleleCopies("*4")), "*1xN/*4"),
        ((AlleleCopies("*36+*10"), AlleleCopies("*10")), "*36+*10/*10"),
    ],
)
def test_copies_and_tandems_come_back(alleles: tuple[AlleleCopies, ...], text: str) -> None:
    diplotype = Diplotype("CYP2D6", alleles)
    (found,) = results(GeneResult("CYP2D6", diplotypes=(diplotype,)))
    gene = knowledge().genes["CYP2D6"]
    assert found.text == text
    assert states(weigh(gene, [found]).possible) == states(states_of(diplotype, gene))


@pytest.mark.parametrize(("at_least", "text"), [(False, "2.25"), (True, ">=2.25")])
def test_an_activity_score_comes_back(at_least: bool, text: str) -> None:
    (found,) = results(GeneResult("CYP2D6", score=Decimal("2.25"), score_at_least=at_least))
    assert (found.kind, found.score, found.text) == (ResultKind.ACTIVITY_SCORE, Decimal("2.25"), text)


def test_an_allele_no_table_knows_comes_back_as_not_translatable() -> None:
    found = evidence(called("CYP2C19", "*1", "*999"))
    assert found.state is ResultState.NOT_TRANSLATABLE


def test_a_variant_comes_back_with_its_names_and_zygosity() -> None:
    (found,) = results(GeneResult("CYP2C19", variants=(variant(),)))
    assert (found.kind, found.gene, found.allele) == (ResultKind.VARIANT, "CYP2C19", "rs4244285")
    assert found.text == "rs4244285; NC_000010.11:g.94781859G>A"
    assert (found.present, found.zygosity, found.origin) == (True, "heterozygous", Origin.GERMLINE)


@pytest.mark.parametrize("present", [True, False, None])
def test_what_was_found_at_a_place_comes_back(present: bool | None) -> None:
    (found,) = results(GeneResult("RYR1", variants=(VariantCall(names=("c.7300G>A",), present=present),)))
    assert (found.allele, found.present) == ("c.7300G>A", present)


def test_the_significance_of_a_variant_comes_back() -> None:
    call = VariantCall(names=("c.7300G>A",), zygosity="heterozygous", significance="pathogenic")
    (found,) = results(GeneResult("RYR1", variants=(call,)))
    assert found.significance == "pathogenic"


def test_a_variant_of_unknown_origin_is_not_made_an_inherited_one() -> None:
    (found,) = results(GeneResult("DPYD", variants=(variant(origin=Origin.UNKNOWN),)))
    assert found.origin is Origin.UNKNOWN


def test_variants_behind_a_genotype_come_back_as_its_background() -> None:
    found = read_back(written(called("CYP2C19", "*1", "*2", variants=(variant(),)))).results
    assert [result.use for result in found if result.kind is ResultKind.VARIANT] == [Use.NO]


def test_places_that_were_not_seen_come_back_as_limits() -> None:
    (genotype,) = [r for r in results(*every_kind()[:1]) if r.kind is ResultKind.DIPLOTYPE]
    assert genotype.limits == "Not tested: NC_000010.11:g.94775507 (rs17885098)"


def test_date_and_laboratory_come_back_with_every_result() -> None:
    found = read_back(written()).results
    assert {(result.measured_on, result.laboratory) for result in found} == {
        (SPECIMEN_DAY, "Example Laboratory")
    }


def test_a_whole_report_is_read_without_a_notice() -> None:
    found = read_back(written())
    assert found.notices == ()
    assert {result.by_name for result in found.results} == {False}


def test_two_results_of_a_gene_that_contradict_stay_a_conflict() -> None:
    found = evidence(called("CYP2C19", "*1", "*2"), called("CYP2C19", "*2", "*2"))
    assert found.state is ResultState.CONFLICT
