"""Observations of one gene: genotype, single alleles, class, activity score, presence of an allele."""

from __future__ import annotations

from decimal import Decimal

from cds_service.core.genotype_values import Diplotype
from cds_service.fhir.writing import ig
from cds_service.fhir.writing.results import GeneResult, Outcome
from cds_service.fhir.writing.sheet import Sheet, references
from cds_service.fhir.writing.variants import write_variant

#: So many missing places are named in a remark; the region studied names all of them.
_NAMED = 8
#: How the symbols of all genes of the mitochondrial genome begin, of which there is no second copy either.
_MITOCHONDRIAL = "MT-"
_SAID = {True: "present", False: "absent", None: "indeterminate"}


def write_gene(sheet: Sheet, result: GeneResult) -> list[str]:
    """
    Enter all Observations of a gene that hold a result.

    Returns:
        Their addresses, the one that says most first. Nothing for a gene that was not covered.
    """
    if result.outcome is Outcome.NOT_COVERED:
        return []
    variants = [write_variant(sheet, result, call) for call in result.variants]
    found = _genotype(sheet, result, variants)
    found += _presence(sheet, result)
    if result.phenotype:
        found.append(_phenotype(sheet, result, found or variants))
    if result.score is not None:
        found.append(_score(sheet, result, result.score, found))
    return found + variants


def value_text(result: GeneResult) -> str:
    """
    The genotype as text, all possibilities of an ambiguous one.

    As in a GL string, possibilities are set apart by a bar. Alleles with fields, as HLA has them, are joined
    by a plus sign; others by a slash, as laboratories write them.

    >>> from cds_service.core.genotype_values import AlleleCopies
    >>> pair = Diplotype("HLA-A", (AlleleCopies("*01:01"), AlleleCopies("*31:01")))
    >>> value_text(GeneResult("HLA-A", diplotypes=(pair,)))
    'HLA-A*01:01+HLA-A*31:01'
    """
    if result.written:
        return result.written
    texts = [_text(diplotype) for diplotype in result.diplotypes]
    return "|".join(dict.fromkeys(texts))


def _text(diplotype: Diplotype) -> str:
    alleles = [str(allele) for allele in diplotype.alleles]
    if any(_has_fields(allele) for allele in alleles):
        return "+".join(allele if "HLA-" in allele else f"{diplotype.gene}{allele}" for allele in alleles)
    if len(alleles) == 1 and not diplotype.gene.startswith(_MITOCHONDRIAL):
        # Alone, an allele could as well be one of two: it has to be said that there is no second one.
        return f"{alleles[0]} hemizygous"
    return "/".join(alleles)


def _has_fields(text: str) -> bool:
    return "*" in text and ":" in text


def _genotype(sheet: Sheet, result: GeneResult, variants: list[str]) -> list[str]:
    code = ig.loinc(ig.GENOTYPE, f"{result.gene} genotype")
    remarks = _remarks(result)
    parts = [sheet.studied(result.gene)]
    if result.outcome is Outcome.NO_CALL:
        # The profile of genotypes demands a value. Where there is none, none is made up: the test is named by
        # its code, the profile is not claimed.
        reason = ig.absent("unknown", result.reason)
        behind = references(variants)
        return [
            sheet.observation(
                result, code, notes=remarks, dataAbsentReason=reason, derivedFrom=behind, component=parts
            )
        ]
    if not result.states_genotype:
        return []
    behind = references([*_haplotypes(sheet, result), *variants])
    value = {"text": value_text(result)}
    return [
        sheet.observation(
            result,
            code,
            profile="genotype",
            notes=remarks,
            valueCodeableConcept=value,
            derivedFrom=behind,
            component=parts,
        )
    ]


def _haplotypes(sheet: Sheet, result: GeneResult) -> list[str]:
    """One Observation for each chromosome, also if both carry the same allele."""
    if result.outcome is not Outcome.CALLED or len(result.diplotypes) != 1:
        return []
    return [
        sheet.observation(
            result,
            ig.loinc(ig.HAPLOTYPE, f"{result.gene} haplotype"),
            profile="haplotype",
            ordinal=ordinal,
            valueCodeableConcept={"text": str(allele)},
            component=[sheet.studied(result.gene)],
        )
        for ordinal, allele in enumerate(result.diplotypes[0].alleles, 1)
    ]


def _presence(sheet: Sheet, result: GeneResult) -> list[str]:
    return [
        sheet.observation(
            result,
            sheet.test("presence", result.gene, f"{result.gene}{allele}", allele),
            notes=_remarks(result),
            valueCodeableConcept=sheet.answer(_SAID[present], _SAID[present].capitalize()),
            component=[sheet.studied(result.gene)],
        )
        for allele, present in result.presence
    ]


def _phenotype(sheet: Sheet, result: GeneResult, behind: list[str]) -> str:
    return sheet.observation(
        result,
        sheet.test("phenotype", result.gene, f"{result.gene} phenotype"),
        notes=() if result.states_genotype else _remarks(result),
        valueCodeableConcept=sheet.answer(result.phenotype),
        derivedFrom=references(behind),
        component=[sheet.studied(result.gene)],
    )


def _score(sheet: Sheet, result: GeneResult, score: Decimal, behind: list[str]) -> str:
    quantity = {"value": float(score), **({"comparator": ">="} if result.score_at_least else {})}
    return sheet.observation(
        result,
        sheet.test("score", result.gene, f"{result.gene} activity score"),
        notes=() if behind else _remarks(result),
        valueQuantity=quantity,
        derivedFrom=references(behind),
        component=[sheet.studied(result.gene)],
    )


def _remarks(result: GeneResult) -> list[str]:
    """Limits, missing places and notices."""
    found = [result.limits, *result.notes]
    if result.missing:
        named = ", ".join(str(place) for place in result.missing[:_NAMED])
        more = len(result.missing) - _NAMED
        found.insert(1, f"Not tested: {named}" + (f" and {more} more" if more > 0 else ""))
    return found
