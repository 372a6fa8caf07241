"""When data that could not be had mean "not checked"."""

from __future__ import annotations

import pytest

from cds_service.hooks.data_needs import DataNeed
from cds_service.hooks.gathered import Gap, Gathered, NeedOutcome, NeedState
from cds_service.hooks.unread import why_nothing_may_be_said


def gathered(gap: Gap | None) -> Gathered:
    """Results came; the consents did not, for a reason."""
    consents = NeedOutcome(NeedState.MISSING, gap=gap) if gap else NeedOutcome(NeedState.EMPTY)
    return Gathered({DataNeed.RESULTS: NeedOutcome(NeedState.EMPTY), DataNeed.CONSENTS: consents})


@pytest.mark.parametrize("gap", [Gap.OUTCOME, Gap.TIMEOUT, Gap.SERVER_ERROR, Gap.UNREACHABLE])
def test_consents_nobody_could_read_are_not_no_consents(gap: Gap) -> None:
    assert why_nothing_may_be_said(gathered(gap)) == gap.value


@pytest.mark.parametrize("gap", [None, Gap.NOT_FOUND, Gap.REFUSED, Gap.BAD_REQUEST, Gap.NO_SERVER])
def test_a_server_that_keeps_no_consents_says_so(gap: Gap | None) -> None:
    assert why_nothing_may_be_said(gathered(gap)) == ""
