"""The patient's sheet: the same findings in short sentences without jargon."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.overview.values import DrugAnswer, GeneRow, Level, Overview

#: First words of a class -> how the gene works, for people without medical training.
_WORKS = {
    "ultrarapid": "works much faster than usual",
    "rapid": "works faster than usual",
    "normal": "works as usual",
    "increased": "works more than usual",
    "intermediate": "works less than usual",
    "decreased": "works less than usual",
    "likely intermediate": "probably works less than usual",
    "poor": "works much less than usual",
    "likely poor": "probably works much less than usual",
    "deficient": "works much less than usual",
}
_NOT_CLEAR = "The test did not give a clear answer."


@dataclass(frozen=True, slots=True)
class SheetGene:
    """A gene, the result as the laboratory writes it, and one plain sentence."""

    gene: str
    result: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """
    The sheet.

    Args:
        genes: What was tested.
        avoid: Drugs that are usually not the right ones.
        adapt: Drugs that may need another dose or closer checks.
        usual: Drugs whose usual dose fits.
        open: Drugs with an open question.
        taken: Those of all these that the person takes now.
    """

    genes: tuple[SheetGene, ...]
    avoid: tuple[str, ...]
    adapt: tuple[str, ...]
    usual: tuple[str, ...]
    open: tuple[str, ...]
    taken: tuple[str, ...]


def sheet_of(overview: Overview) -> Sheet:
    """The sheet of a view. Only drugs are named that a result says something about, or that are taken."""
    answers = overview.answers
    tested = {row.gene for row in overview.genes}
    told = [a for a in answers if a.active or tested & set(a.genes) or a.level in (Level.STOP, Level.CHANGE)]
    telling = [answer for answer in told if answer.level is not Level.NONE]
    return Sheet(
        genes=tuple(_gene(row) for row in overview.genes),
        avoid=_names(telling, Level.STOP),
        adapt=_names(telling, Level.CHANGE),
        usual=_names(telling, Level.USUAL),
        open=_names(telling, Level.ASK),
        taken=tuple(answer.drug for answer in telling if answer.active and answer.level is not Level.USUAL),
    )


def _names(answers: list[DrugAnswer], level: Level) -> tuple[str, ...]:
    return tuple(answer.drug for answer in answers if answer.level is level)


def _gene(row: GeneRow) -> SheetGene:
    result = "; ".join(row.results or row.phenotypes)
    return SheetGene(row.gene, result, _sentence(row))


def _sentence(row: GeneRow) -> str:
    if row.state != "translated" or len(row.phenotypes) > 1:
        return _NOT_CLEAR
    for phenotype in row.phenotypes:
        found = [words for words in _WORKS if phenotype.lower().startswith(words)]
        if found:
            return f"This gene {_WORKS[max(found, key=len)]}."
    if row.phenotypes:
        return "Ask your doctor or pharmacist what this result means."
    return "This shows whether a marker is there that matters for some medicines."
