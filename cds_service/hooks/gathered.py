"""The data of one call, and what became of each need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from cds_service.core.model import Notice
from cds_service.fhir.fetch_errors import FetchProblem
from cds_service.fhir.paging import Resource
from cds_service.hooks.data_needs import DataNeed


class NeedState(Enum):
    """What became of a need."""

    PREFETCHED = "prefetched"
    FETCHED = "fetched"
    EMPTY = "empty"
    MISSING = "missing"
    INCOMPLETE = "incomplete"


class Gap(Enum):
    """Why data are missing or incomplete: what a fetch can run into, and why none was tried."""

    TIMEOUT = FetchProblem.TIMEOUT.value
    UNREACHABLE = FetchProblem.UNREACHABLE.value
    REFUSED = FetchProblem.REFUSED.value
    NOT_FOUND = FetchProblem.NOT_FOUND.value
    BAD_REQUEST = FetchProblem.BAD_REQUEST.value
    SERVER_ERROR = FetchProblem.SERVER_ERROR.value
    REDIRECT = FetchProblem.REDIRECT.value
    NOT_FHIR = FetchProblem.NOT_FHIR.value
    OUTCOME = FetchProblem.OUTCOME.value
    TOO_LARGE = FetchProblem.TOO_LARGE.value
    TOO_MANY = FetchProblem.TOO_MANY.value
    PAGE_LINK = FetchProblem.PAGE_LINK.value
    OTHER_SERVER = FetchProblem.OTHER_SERVER.value
    NOT_ALLOWED = FetchProblem.NOT_ALLOWED.value
    PAUSED = FetchProblem.PAUSED.value
    CROWDED = "crowded"
    NO_SERVER = "no-server"
    NO_TOKEN = "no-token"
    PAGED = "paged"
    OTHER_PATIENT = "other-patient"


#: No server was asked, because the call gave no way to do so.
NOT_TRIED = frozenset({Gap.NO_SERVER, Gap.NO_TOKEN, Gap.NOT_ALLOWED})


@dataclass(frozen=True, slots=True)
class NeedOutcome:
    """
    What was found for one need.

    Args:
        state: `EMPTY` is an answer: there are no such data. `MISSING` is none: nobody knows.
        resources: Of the need's resource type, about this patient or about nobody named.
        gap: For `MISSING` and `INCOMPLETE`.
    """

    state: NeedState
    resources: tuple[Resource, ...] = field(default=(), repr=False)
    gap: Gap | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """
    The data of one call.

    Args:
        outcomes: By need, for all needs this site has a query for.
        resources: Everything that came, each resource once; includes what no need asked for.
        referenced: What the wanted references name, by reference.
        unread: References that could not be read, and why.
        notices: `prefetch-unreadable` (need), `fhir-outcome` (severity, code), `other-patient-dropped`
            (count, kind).
    """

    outcomes: Mapping[DataNeed, NeedOutcome]
    resources: tuple[Resource, ...] = field(default=(), repr=False)
    referenced: Mapping[str, Resource] = field(default_factory=dict, repr=False)
    unread: Mapping[str, Gap] = field(default_factory=dict, repr=False)
    notices: tuple[Notice, ...] = ()

    def of_type(self, kind: str) -> tuple[Resource, ...]:
        """All resources of one type, under whatever key or query they came."""
        return tuple(resource for resource in self.resources if resource["resourceType"] == kind)

    def usable(self, need: DataNeed) -> bool:
        """Whether anything is known: some data, or that there are none."""
        outcome = self.outcomes.get(need)
        return outcome is not None and outcome.state is not NeedState.MISSING

    def complete(self, need: DataNeed) -> bool:
        """Whether all there is is known, be it nothing."""
        outcome = self.outcomes.get(need)
        return outcome is not None and outcome.gap is None

    def tried(self, need: DataNeed) -> bool:
        """Whether somebody asked a server for the data; False if the call gave no way to do so."""
        outcome = self.outcomes.get(need)
        return outcome is not None and outcome.gap not in NOT_TRIED

    def why(self, need: DataNeed) -> str:
        """Key of the reason why data are missing or incomplete, such as `timeout`; empty if they are not."""
        outcome = self.outcomes.get(need)
        return outcome.gap.value if outcome is not None and outcome.gap is not None else ""

    def gaps(self) -> dict[DataNeed, Gap]:
        """The needs that are missing or incomplete, and why."""
        return {need: outcome.gap for need, outcome in self.outcomes.items() if outcome.gap is not None}
