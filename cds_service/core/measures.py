"""What is measured or asked of a person, and conditions on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from cds_service.core.conditions import Condition, Facts, Range

#: What a measure may be found to be.
FINDINGS = frozenset({"low", "normal", "high", "present", "absent"})


def unit_key(unit: str) -> str:
    """The form in which spellings of units are compared."""
    return "".join(unit.lower().split())


@dataclass(frozen=True, slots=True)
class Measure:
    """
    How one measure is recognised.

    Args:
        what: Its name in conditions.
        units: Spelling of a unit, lower case and without blanks -> how conditions write it, and what a value
            in the spelled unit is multiplied by.
        lasts_days: For how long a value counts; None = without end.
        present: Coded answers that say "yes" to a question; empty for quantities.
    """

    what: str
    units: Mapping[str, tuple[str, Decimal]] = field(default_factory=dict)
    lasts_days: int | None = None
    present: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class MeasureCodes:
    """
    All measures.

    Args:
        by_code: LOINC code -> measure.
        activity_by_gene: Gene -> measure of its enzyme's activity, for tests that only their name tells.
        used: Names of the measures that some condition or gene asks for.
    """

    by_code: Mapping[str, Measure] = field(default_factory=dict)
    activity_by_gene: Mapping[str, Measure] = field(default_factory=dict)
    used: frozenset[str] = frozenset()

    @property
    def used_codes(self) -> frozenset[str]:
        """LOINC codes of the measures that are asked for."""
        return frozenset(code for code, measure in self.by_code.items() if measure.what in self.used)

    @property
    def names(self) -> frozenset[str]:
        """The names conditions may use."""
        return frozenset(m.what for m in (*self.by_code.values(), *self.activity_by_gene.values()))


@dataclass(frozen=True, slots=True)
class MeasuredValue:
    """A measure within bounds of one unit, or rated in one of some ways; not known without a value."""

    what: str
    amount: Range | None = None
    unit: str = ""
    findings: frozenset[str] = frozenset()

    def holds(self, facts: Facts) -> bool | None:  # noqa: D102
        found = facts.patient.measured.get(self.what)
        if found is None:
            return None
        if self.findings:
            return found.finding in self.findings if found.finding else None
        if self.amount is None or found.amount is None or found.unit != self.unit:
            return None
        return self.amount.contains(found.amount)


@dataclass(frozen=True, slots=True)
class OnRecord:
    """A condition that counts as "no" where nothing on record decides it, as diagnoses do."""

    part: Condition

    def holds(self, facts: Facts) -> bool | None:  # noqa: D102
        return bool(self.part.holds(facts))
