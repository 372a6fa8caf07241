"""The follow-up that an advice asks for, as tests somebody can order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cds_service.core.actions import QUIET, Action
from cds_service.core.finding import Finding, FollowUp

#: The drug is not used, so that there is nothing to follow.
_NOT_USED = frozenset({Action.AVOID, Action.CONTRAINDICATED, Action.ESCALATE, Action.NOT_INDICATED})
#: More than this on one card nobody orders.
_MOST = 2


@dataclass(frozen=True, slots=True)
class FollowUpCodes:
    """
    Codes of tests for what is watched.

    Args:
        general: What is watched -> the test.
        by_drug: What is watched, and the drug it belongs to -> the test, such as a level of this drug.
    """

    general: Mapping[str, FollowUp]
    by_drug: Mapping[tuple[str, str], FollowUp]

    def asked_by(self, finding: Finding) -> tuple[FollowUp, ...]:
        """
        The tests a finding asks for, at most two; none where the drug is not used or nothing changes.

        What has no code, such as watching for side effects, is left to the words.
        """
        if finding.action in QUIET | _NOT_USED or finding.comedication:
            return ()
        return tuple(dict.fromkeys(self._codes(finding)))[:_MOST]

    def _codes(self, finding: Finding) -> Iterator[FollowUp]:
        for what in finding.monitoring:
            found = self.by_drug.get((what, finding.drug.name)) or self.general.get(what)
            if found is not None:
                yield found
