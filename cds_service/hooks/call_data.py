"""Where the data of one call come from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from cds_service.fhir.deadline import Deadline
from cds_service.fhir.paging import Resource
from cds_service.hooks.data_needs import DataNeed
from cds_service.hooks.gather import FetchedSoFar, Gatherer, connect
from cds_service.hooks.gathered import Gathered, NeedOutcome, NeedState
from cds_service.hooks.ports import FhirConnector, FhirPort, FhirServers, OwnAccess
from cds_service.hooks.request import HookRequest


class CallData(Protocol):
    """The data of one call; may be asked more than once, each time for more."""

    def gather(self, needs: Collection[DataNeed], references: Collection[str] = ()) -> Gathered:
        """
        Get what the needs and references name, as far as it can be had in time.

        The answer holds what was asked for earlier, too, and whatever came without being asked for.
        """
        ...


#: Part of the time budget that is kept for judging and writing the answer.
SECONDS_TO_JUDGE = 0.05

#: Opens the data of a call.
OpenData = Callable[[HookRequest], CallData]


@dataclass(frozen=True, slots=True)
class HookData:
    """Prefetch first, then the EHR's FHIR server; everything within one deadline."""

    request: HookRequest
    gatherer: Gatherer
    fetcher: FhirPort | None
    deadline: Deadline
    fetched: FetchedSoFar = field(default_factory=dict)

    def gather(self, needs: Collection[DataNeed], references: Collection[str] = ()) -> Gathered:
        """See `CallData`."""
        return self.gatherer.gather(
            self.request,
            needs,
            fetcher=self.fetcher,
            deadline=self.deadline,
            references=references,
            earlier=self.fetched,
        )


@dataclass(frozen=True, slots=True)
class HookDataSource:
    """
    Opens the data of hook calls; one per process.

    Args:
        gatherer: Gets the data.
        connector: Connects to FHIR servers.
        servers: Which may be called.
        own_access: Where we sign in ourselves; None = nowhere.
        seconds, seconds_with_server: Time budget of a call without and with call-backs.
        clock: Monotonic seconds.
    """

    gatherer: Gatherer
    connector: FhirConnector
    servers: FhirServers
    seconds: float
    seconds_with_server: float
    clock: Callable[[], float]
    own_access: OwnAccess | None = None

    def open(self, request: HookRequest) -> HookData:
        """Start the time of a call."""
        fetcher = connect(request, self.connector, self.servers, self.own_access)
        budget = self.seconds if fetcher is None else self.seconds_with_server
        return HookData(
            request, self.gatherer, fetcher, Deadline.after(budget - SECONDS_TO_JUDGE, self.clock)
        )


@dataclass(frozen=True, slots=True)
class OfflineData:
    """Everything is at hand already, such as the Bundle of a file."""

    resources: tuple[Resource, ...]

    @classmethod
    def of(cls, resources: Iterable[Resource]) -> OfflineData:
        """Hold these resources."""
        return cls(tuple(resources))

    def gather(self, needs: Collection[DataNeed], references: Collection[str] = ()) -> Gathered:
        """See `CallData`."""
        outcomes = {need: NeedOutcome(NeedState.PREFETCHED) for need in needs}
        referenced = {
            reference: resource
            for reference in references
            for resource in self.resources
            if f"{resource.get('resourceType')}/{resource.get('id')}" == reference
        }
        return Gathered(outcomes, self.resources, referenced)
