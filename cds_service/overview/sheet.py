"""The patient's sheet: the same findings in short sentences without jargon."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.cards.wording import Wording
from cds_service.overview.values import DrugAnswer, GeneRow, Level, Overview

#: First words of a class -> key of the sentence for people without medical training.
_WORKS = {
    "ultrarapid": "works-much-faster",
    "rapid": "works-faster",
    "normal": "works-usual",
    "increased": "works-more",
    "intermediate": "works-less",
    "decreased": "works-less",
    "likely intermediate": "works-probably-less",
    "poor": "works-much-less",
    "likely poor": "works-probably-much-less",
    "deficient": "works-much-less",
}


@dataclass(frozen=True, slots=True)
class SheetGene:
    """A gene, its results as laboratories write them, and one plain sentence."""

    gene: str
    results: tuple[str, ...]
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


def sheet_of(overview: Overview, words: Wording) -> Sheet:
    """
    The sheet of a view, in these words.

    Only drugs are named that a result says something about, or that are taken.
    """
    answers = overview.answers
    tested = {row.gene for row in overview.genes}
    told = [a for a in answers if a.active or tested & set(a.genes) or a.level in (Level.STOP, Level.CHANGE)]
    telling = [answer for answer in told if answer.level is not Level.NONE]
    return Sheet(
        genes=tuple(_gene(row, words) for row in overview.genes),
        avoid=_names(telling, Level.STOP),
        adapt=_names(telling, Level.CHANGE),
        usual=_names(telling, Level.USUAL),
        open=_names(telling, Level.ASK),
        taken=tuple(answer.drug for answer in telling if answer.active and answer.level is not Level.USUAL),
    )


def _names(answers: list[DrugAnswer], level: Level) -> tuple[str, ...]:
    return tuple(answer.drug for answer in answers if answer.level is level)


def _gene(row: GeneRow, words: Wording) -> SheetGene:
    return SheetGene(row.gene, row.results or row.phenotypes, words.say(f"sheet.{_meaning(row)}"))


def _meaning(row: GeneRow) -> str:
    if row.state != "translated" or len(row.phenotypes) > 1:
        return "not-clear"
    for phenotype in row.phenotypes:
        found = [start for start in _WORKS if phenotype.lower().startswith(start)]
        if found:
            return _WORKS[max(found, key=len)]
    return "ask-meaning" if row.phenotypes else "marker"
