"""What the detail view shows. Texts are plain words of one language without markup; the page escapes them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """What an answer asks for; the page shows each with a sign and words, never by colour alone."""

    STOP = "stop"
    CHANGE = "change"
    ASK = "ask"
    USUAL = "usual"
    NONE = "none"


class State(Enum):
    """Whether anything can be shown. `EMPTY` is an answer, `UNREADABLE` is none."""

    READ = "read"
    EMPTY = "empty"
    UNREADABLE = "unreadable"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Person:
    """Whose results these are, so that nobody mistakes them for another's; blank = not on record."""

    name: str = ""
    born: str = ""
    sex: str = ""
    ident: str = ""


@dataclass(frozen=True, slots=True)
class GeneReport:
    """One result as the laboratory or the chart has it."""

    text: str
    source: str
    day: str = ""
    laboratory: str = ""
    limits: str = ""
    is_statement: bool = False


@dataclass(frozen=True, slots=True)
class GeneRow:
    """
    One gene with a result.

    Args:
        gene: HGNC symbol.
        state: Value of `ResultState`.
        results: Alleles as understood, one for each possible state, or each allele that was looked for.
        together: All results hold, as each is about another allele; otherwise one of them does.
        phenotypes: Classes, one for each possible state.
        scores: Activity scores, likewise; empty where the gene has none.
        changed: What another drug makes of it, in words; blank = nothing.
        reports: What it rests on.
        notices: What to know about it.
    """

    gene: str
    state: str
    results: tuple[str, ...] = ()
    together: bool = False
    phenotypes: tuple[str, ...] = ()
    scores: tuple[str, ...] = ()
    changed: str = ""
    reports: tuple[GeneReport, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def day(self) -> str:
        """Day of the newest report, ISO 8601; blank if none is known."""
        return max((report.day for report in self.reports), default="")


@dataclass(frozen=True, slots=True)
class MarkerRow:
    """One marker of a tumour: its genes, what was found, and the day."""

    genes: str
    said: str
    day: str = ""


@dataclass(frozen=True, slots=True)
class Citation:
    """A document behind an answer."""

    label: str
    url: str
    strength: str = ""
    pmids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleUsed:
    """
    A rule of the knowledge.

    Args:
        id: Its stable id.
        written_for: Which results it is for, one text for each alternative.
        population: Whom it is for; blank = everyone.
        action: What it asks for, in words.
        locator: Where it stands in the source.
        text_as_of: Day of the copy of the source text.
        citation: The source.
    """

    id: str
    written_for: tuple[str, ...]
    population: str
    action: str
    locator: str
    text_as_of: str
    citation: Citation


@dataclass(frozen=True, slots=True)
class DrugAnswer:
    """
    What the engine concludes for one drug.

    Args:
        drug: Name.
        level: How much it asks for.
        words: The answer in a few words.
        summary: One sentence; blank for quiet answers.
        paragraphs: The text of the card, as pieces of `(is strong, text)`.
        because: Results that were used, in words.
        genes: Genes the rules look at.
        active: The person takes it.
        citation: Guideline that is followed.
        others: What other sources say.
        rules: Ids of the rules.
    """

    drug: str
    level: Level
    words: str
    summary: str = ""
    paragraphs: tuple[tuple[tuple[bool, str], ...], ...] = ()
    because: str = ""
    genes: tuple[str, ...] = ()
    active: bool = False
    citation: Citation | None = None
    others: tuple[tuple[str, Citation], ...] = ()
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GeneDrugs:
    """The drugs a gene matters for, most urgent first."""

    row: GeneRow
    answers: tuple[DrugAnswer, ...]


@dataclass(frozen=True, slots=True)
class CardTrace:
    """
    What stands behind the card that led here.

    Args:
        answer: The drug, judged anew.
        rules: The rules of the new judgement.
        card_rules: The rules of the card that are not among them.
        results: The results it rests on.
        from_order: The drug is judged with an active order; otherwise without dose and reason.
    """

    answer: DrugAnswer
    rules: tuple[RuleUsed, ...]
    card_rules: tuple[RuleUsed, ...]
    results: tuple[GeneRow, ...]
    from_order: bool


@dataclass(frozen=True, slots=True)
class Unseen:
    """
    Alleles with another function that a test may not have looked for.

    Args:
        gene: HGNC symbol.
        looked_for: Alleles a report says it looked for; empty = no report says.
        groups: Groups of people, as the table names them.
        rows: `(allele, function, shares)`, most common first; shares of chromosomes in percent, one for each
            group, blank = no number.
        more: How many rarer ones are not listed.
        source: Where the numbers are from; blank = there are none for this gene.
    """

    gene: str
    looked_for: tuple[str, ...]
    groups: tuple[str, ...] = ()
    rows: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    more: int = 0
    source: str = ""


@dataclass(frozen=True, slots=True)
class Overview:
    """
    Everything of one view.

    Args:
        state: Whether anything can be shown.
        person: Whose results.
        read_on: Day and time of reading, in UTC.
        gaps: What could not be read completely, or what kept everything from being shown: `(need, reason)`.
        notices: What else to know about what was read.
        genes: Gene table.
        untested: Genes of the knowledge without any result.
        markers: Tumour markers.
        active: Drugs the person takes, most urgent first.
        unknown_medications: Drugs the person takes that the knowledge says nothing about.
        by_gene: Map of genes and drugs.
        by_marker: Drugs that markers of the tumour matter for.
        rest: Drugs of whose genes nothing is on file.
        trace: Behind the card; None = not opened from a card.
        card_unknown: A card led here, and what it named is not in the knowledge.
        unseen: What tests could not see.
        release: Day of the knowledge.
        content: Its hash.
        language: Of all its texts.
    """

    state: State
    person: Person
    read_on: str
    gaps: tuple[tuple[str, str], ...] = ()
    notices: tuple[str, ...] = ()
    genes: tuple[GeneRow, ...] = ()
    untested: tuple[str, ...] = ()
    markers: tuple[MarkerRow, ...] = ()
    active: tuple[DrugAnswer, ...] = ()
    unknown_medications: tuple[str, ...] = ()
    by_gene: tuple[GeneDrugs, ...] = ()
    by_marker: tuple[DrugAnswer, ...] = ()
    rest: tuple[DrugAnswer, ...] = ()
    trace: CardTrace | None = None
    card_unknown: bool = False
    unseen: tuple[Unseen, ...] = ()
    release: str = ""
    content: str = ""
    language: str = "en"

    @property
    def answers(self) -> tuple[DrugAnswer, ...]:
        """Every drug once, in alphabetical order."""
        listed = [*self.active, *self.by_marker, *self.rest, *(a for g in self.by_gene for a in g.answers)]
        return tuple(sorted({answer.drug: answer for answer in listed}.values(), key=lambda a: a.drug))
