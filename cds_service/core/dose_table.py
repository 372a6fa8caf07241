"""Tables of doses as labels and guidelines print them: results and facts in, a dose out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from cds_service.core.calculator import DAYS, Calculation, Fact, Input, Shares, outside, result_words, rounded
from cds_service.core.conditions import Facts, Range
from cds_service.core.phenotype import GeneState


@dataclass(frozen=True, slots=True)
class Row:
    """
    One row of a table.

    Args:
        results: Gene -> results it is for; a gene that is not named may have any.
        facts: Groups of names of facts; one fact of each group has to hold.
        low, high: Lowest and highest amount of the table's period; None where the row gives no dose.
        doses: Into how many doses a day it is divided; 0 where the table does not say.
        steps: Amounts of the first days, before the dose.
        refused: What the row says in place of a dose: `contraindicated` or `avoid`; else empty.
    """

    results: Mapping[str, frozenset[str]]
    facts: tuple[frozenset[str], ...] = ()
    low: Decimal | None = None
    high: Decimal | None = None
    doses: int = 0
    steps: tuple[Decimal, ...] = ()
    refused: str = ""

    def fits(self, results: Mapping[str, str], holding: frozenset[str]) -> bool:
        """True if the row is for these results and facts."""
        known = all(results[gene] in meant for gene, meant in self.results.items())
        return known and all(group & holding for group in self.facts)


@dataclass(frozen=True, slots=True)
class DoseTable:
    """
    Doses by the results of genes and by facts about the person. The first row that fits is meant.

    Args:
        id, name: Stable name, and as people call it.
        period: `day` or `week`, of the dose in mg.
        genes: The genes it asks for.
        rows: From the one that forbids most to the one that is for everybody else.
        facts: What it asks for besides.
        reference: Gene -> result against which the effect of another one is told; none for other genes.
        ranges: Quantity -> bounds within which the table was made.
        notes: Keys of what always has to be said.
        exact: True where the amounts are doses of the product, False where they are estimates.
    """

    id: str
    name: str
    period: str
    genes: tuple[str, ...]
    rows: tuple[Row, ...]
    facts: tuple[Fact, ...] = ()
    reference: Mapping[str, str] | None = None
    ranges: Mapping[str, Range] | None = None
    notes: tuple[str, ...] = ()
    exact: bool = False

    def calculate(
        self, facts: Facts, states: Mapping[str, GeneState], _shares: Shares | None = None
    ) -> Calculation:
        """The dose of the row for these results and facts. What a rule says does not enter it."""
        results = {gene: self._result(gene, states.get(gene)) for gene in self.genes}
        missing = tuple(gene for gene, word in results.items() if not word)
        beyond = tuple(outside(self.ranges or {}, facts.patient))
        if missing or beyond:
            return Calculation(self, missing=missing, beyond=beyond)
        holding = frozenset(fact.name for fact in self.facts if fact.when.holds(facts))
        row = self.row(results, holding)
        if row is None or row.low is None or row.high is None:
            return Calculation(
                self, missing=self.genes if row is None else (), refused=row.refused if row else ""
            )
        found = Calculation(self, self._a_day(row.low), self._a_day(row.high), notes=self.notes)
        inputs = (*self._genes(results, holding, row), *self._facts(results, holding, row))
        return replace(found, inputs=inputs, doses=row.doses, steps=row.steps, exact=self.exact)

    def row(self, results: Mapping[str, str], holding: frozenset[str]) -> Row | None:
        """The first row for these results and names of facts."""
        return next((row for row in self.rows if row.fits(results, holding)), None)

    def _result(self, gene: str, state: GeneState | None) -> str:
        known = {word for row in self.rows for word in row.results.get(gene, ())}
        return next((word for word in result_words(state, {}) if word in known), "")

    def _a_day(self, amount: Decimal) -> Decimal:
        return rounded(amount / DAYS[self.period])

    def _genes(self, results: Mapping[str, str], holding: frozenset[str], row: Row) -> list[Input]:
        """The results, and what the dose would be with the usual ones."""
        found = []
        for gene, word in results.items():
            usual = (self.reference or {}).get(gene)
            other = None if usual is None else self.row({**results, gene: usual}, holding)
            found.append(Input(gene, word, self._effect(row, other)))
        return found

    def _facts(self, results: Mapping[str, str], holding: frozenset[str], row: Row) -> list[Input]:
        """The facts the row was found by, and what each changes."""
        asked = frozenset().union(*row.facts) & holding
        return [
            Input(fact.name, effect=self._effect(row, self.row(results, holding - {fact.name})))
            for fact in self.facts
            if fact.name in asked
        ]

    def _effect(self, row: Row, other: Row | None) -> Decimal | None:
        """By how much a row differs from another one; None where one of them has no single dose."""
        if other is None or row.low is None or other.low is None:
            return None
        if row.low != row.high or other.low != other.high:
            return None
        return rounded((row.low - other.low) / DAYS[self.period])
