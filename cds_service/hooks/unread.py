"""When data that could not be read mean "not checked": silence would be taken for "nothing to change"."""

from __future__ import annotations

from collections.abc import Collection

from cds_service.core.errors import MissingDataError
from cds_service.hooks.data_needs import DataNeed
from cds_service.hooks.gathered import NOT_TRIED, Gap, Gathered

#: A server that does not keep something, or does not give it to us, says so like this. It is an answer.
_NOT_OFFERED = frozenset({Gap.REFUSED, Gap.NOT_FOUND, Gap.BAD_REQUEST, Gap.OUTCOME})


def refuse_if_no_way(gathered: Gathered) -> None:
    """
    Without any way to the results the integration is wrong; a way that failed is another matter.

    Raises:
        MissingDataError: If the results were not sent and nobody could be asked.
    """
    if not gathered.usable(DataNeed.RESULTS) and not gathered.tried(DataNeed.RESULTS):
        raise MissingDataError(
            "The genomic results were not sent (prefetch key 'results') and cannot be fetched: "
            "fhirServer and fhirAuthorization are missing or the server is not on the allow-list."
        )


def why_nothing_may_be_said(gathered: Gathered) -> str:
    """
    Why nothing genetic can be said about this patient, as a key; empty if it can.

    Nobody knows whether a consent keeps genetic facts back; or the results are missing; or the server
    answered for another patient when this one was asked for, so that nothing it says can be believed.
    """
    if why := why_consents_are_open(gathered):
        return why
    if not gathered.usable(DataNeed.RESULTS):
        return gathered.why(DataNeed.RESULTS)
    if gathered.gaps().get(DataNeed.PATIENT) is Gap.OTHER_PATIENT:
        return Gap.OTHER_PATIENT.value
    return ""


def why_consents_are_open(gathered: Gathered) -> str:
    """Why nobody knows whether a consent keeps genetic facts back, as a key; empty if that is known."""
    consents = gathered.gaps().get(DataNeed.CONSENTS)
    if consents is None:
        return ""
    # A fault in place of the consents leaves open what they say. A server without any answers by a status.
    return consents.value if consents is Gap.OUTCOME or _is_open(consents) else ""


def why_silence_is_doubtful(gathered: Gathered, genes: Collection[str], read: Collection[str]) -> str:
    """
    Why "no card" for a drug may be due to results that could not be read, as a key; empty if it is not.

    Args:
        gathered: The data of the call.
        genes: Genes the drug's rules look at.
        read: Genes with a result that was read.
    """
    if not genes:
        return ""
    gaps = gathered.gaps()
    results = gaps.get(DataNeed.RESULTS)
    if results is not None and results not in NOT_TRIED:
        return results.value
    # These find what a laboratory keeps under codes of its own. That there are more entries than are read is
    # normal for a long record, and it is read from the newest one on.
    if set(genes) & set(read):
        return ""
    others = [gaps.get(DataNeed.LABORATORY), gaps.get(DataNeed.REPORTS), *_results_of_reports(gathered)]
    return next((gap.value for gap in others if gap and gap is not Gap.TOO_MANY and _is_open(gap)), "")


def _results_of_reports(gathered: Gathered) -> list[Gap]:
    return [gap for reference, gap in gathered.unread.items() if "Observation/" in reference]


def _is_open(gap: Gap) -> bool:
    """Whether nobody knows what there is: the question was asked, and there was no answer to it."""
    return gap not in NOT_TRIED and gap not in _NOT_OFFERED
