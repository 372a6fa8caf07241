"""What a decision starts from: the person with the results on file, and what the site chooses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cds_service.core.formulary import Formulary
from cds_service.core.model import Order, Patient
from cds_service.core.tumour_markers import MarkerEvidence
from cds_service.core.weigh import GeneEvidence

#: Guideline bodies in the order of a site that has none of its own.
BUILT_IN_ORDER = ("cpic", "dpwg", "fda", "consensus")


@dataclass(frozen=True, slots=True)
class Policy:
    """
    What a site chooses.

    Args:
        sources: Guideline bodies in order of preference; the first that speaks decides. In the built-in order
            a drug's own leading body comes before the others.
        recommended_tests: Show missing tests that are recommended but not required.
        formulary: What the site has and prefers among replacements.
        tests_if_unknown: Show missing tests that are meant for people of some ancestry where none is
            recorded.
    """

    sources: tuple[str, ...] = BUILT_IN_ORDER
    recommended_tests: bool = True
    tests_if_unknown: bool = False
    formulary: Formulary = field(default_factory=Formulary)

    def order_for(self, lead: str) -> tuple[str, ...]:
        """
        The bodies in the order they are asked about a drug.

        >>> Policy().order_for("fda")
        ('fda', 'cpic', 'dpwg', 'consensus')
        >>> Policy(sources=("dpwg", "fda")).order_for("fda")
        ('dpwg', 'fda')
        """
        if self.sources != BUILT_IN_ORDER or lead not in self.sources:
            return self.sources
        return (lead, *(body for body in self.sources if body != lead))


@dataclass(frozen=True, slots=True)
class Case:
    """
    One person with the results on file.

    Args:
        patient: The person.
        evidence: Gene -> what the record says.
        orders: All drafts of the call.
        markers: Marker of a tumour -> what the record says. Germline rules never look at these.
    """

    patient: Patient
    evidence: Mapping[str, GeneEvidence]
    orders: tuple[Order, ...] = ()
    markers: Mapping[str, MarkerEvidence] = field(default_factory=dict)
