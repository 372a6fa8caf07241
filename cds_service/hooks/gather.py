"""Gets the data of one call: prefetch first, then what is missing from the EHR's FHIR server, in time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor, Future, wait
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial

from cds_service.fhir.deadline import Deadline
from cds_service.fhir.fetch_errors import FhirFetchError
from cds_service.fhir.paging import Resource, SearchAnswer
from cds_service.fhir.search import Read, Search
from cds_service.fhir.values import mappings
from cds_service.hooks.crowd import Crowd
from cds_service.hooks.data_needs import DataNeed, DataPlan
from cds_service.hooks.gathered import Gap, Gathered
from cds_service.hooks.ports import FhirConnector, FhirPort, FhirServers, OwnAccess
from cds_service.hooks.prefetch import Prefetched, read_prefetch
from cds_service.hooks.references import local
from cds_service.hooks.request import HookRequest
from cds_service.hooks.sorting import Sorting

__all__ = ["Gap", "Gathered", "Gatherer", "connect", "named_elsewhere"]

#: Needs that one search answers.
_FIRST, _SECOND = DataNeed.MEDICATIONS, DataNeed.EARLIER_MEDICATIONS
#: Requests of one call that are under way at the same time.
AT_ONCE = 6
#: More references than this are not read in one call.
_MOST_REFERENCES = 50
#: Where drugs of orders and statements, and results of reports, are referred to.
_NAMED_IN = {
    "MedicationRequest": "medicationReference",
    "MedicationStatement": "medicationReference",
    "DiagnosticReport": "result",
}
_Job = Callable[[], SearchAnswer]
#: What one call was answered so far, by need and reference.
FetchedSoFar = dict[DataNeed | str, SearchAnswer | Gap]
_Results = FetchedSoFar

#: Without these nothing can be said at all.
_VITAL = frozenset({DataNeed.RESULTS, DataNeed.CONSENTS})


class Gatherer:
    """
    Gets data for calls; one per process.

    Args:
        plan: The queries of this site.
        executor: Threads that fetch, shared by all calls. A fork must not find it in use.
        at_once: Requests of one call that are under way at the same time. A server with a short queue drops
            further connections, and the next try of the network comes a whole second later (seen).
        crowd: Says whether a call may wait for its server; None = it always may.
    """

    def __init__(
        self, plan: DataPlan, executor: Executor, at_once: int = AT_ONCE, crowd: Crowd | None = None
    ) -> None:
        self.plan = plan
        self._executor = executor
        self._at_once = at_once
        self._crowd = crowd

    def gather(
        self,
        request: HookRequest,
        needs: Collection[DataNeed],
        *,
        fetcher: FhirPort | None,
        deadline: Deadline,
        references: Collection[str] = (),
        earlier: FetchedSoFar | None = None,
    ) -> Gathered:
        """
        Get what is needed: from the prefetch, and what it does not answer from the server, in parallel.

        Never raises for data that cannot be had, and never returns later than the deadline by more than the
        time its own work takes.

        Args:
            request: The call.
            needs: What advice may depend on; needs without a query at this site are passed over.
            fetcher: The EHR's server; None if it may not or cannot be asked.
            deadline: When to go on with what there is.
            references: Resources to read besides, such as the drugs of the drafts.
            earlier: What this call has asked for before; it is not asked for again, and stays in the answer.
        """
        earlier = earlier if earlier is not None else {}
        known = {*needs, *(key for key in earlier if isinstance(key, DataNeed))}
        prefetched = read_prefetch(request.prefetch, self.plan.planned(tuple(DataNeed)), self.plan)
        planned = self.plan.planned(known | prefetched.answers.keys())
        if fetcher is not None:
            jobs = self._jobs(request, planned, prefetched, fetcher, deadline)
            jobs |= _reference_jobs(references, fetcher, deadline)
            new = {key: job for key, job in jobs.items() if key not in earlier}
            with self._place(request, new) as free:
                if free:
                    earlier |= self._asked(request, new, prefetched, fetcher, deadline)
                else:
                    earlier |= dict.fromkeys(new, Gap.CROWDED)
            earlier |= _left_out(references)
        return Sorting(self.plan, request, prefetched, earlier).gathered(planned, references)

    def _place(
        self, request: HookRequest, new: Mapping[DataNeed | str, _Job]
    ) -> AbstractContextManager[bool]:
        """Whether the call may wait for its server; a call that asks nothing takes no place."""
        if self._crowd is None or not new or request.fhir_server is None:
            return nullcontext(True)
        return self._crowd.place(request.fhir_server.rstrip("/"))

    def _asked(
        self,
        request: HookRequest,
        new: dict[DataNeed | str, _Job],
        prefetched: Prefetched,
        fetcher: FhirPort,
        deadline: Deadline,
    ) -> _Results:
        """Ask for what is new, in one request where the server takes that."""
        queries = self._queries(request, new, prefetched)
        if both := _of_both(queries):
            del new[_SECOND], queries[_SECOND]
            queries[_FIRST], new[_FIRST] = both, partial(_ask, fetcher, both, deadline)
        found = self._in_one(queries, fetcher, deadline)
        left = {key: job for key, job in new.items() if key not in found}
        answers = self._run(left, deadline)
        if fetcher.is_unknown and any(isinstance(answer, SearchAnswer) for answer in answers.values()):
            # Nobody waits for it: the next calls will know. A server that does not answer is left alone.
            self._executor.submit(fetcher.learn)
        found |= answers
        if both:
            found[_SECOND] = found[_FIRST]
        return found

    def _jobs(
        self,
        request: HookRequest,
        needs: Collection[DataNeed],
        prefetched: Prefetched,
        fetcher: FhirPort,
        deadline: Deadline,
    ) -> dict[DataNeed | str, _Job]:
        """What to ask the server: needs without an answer, and further pages of those with part of one."""
        jobs: dict[DataNeed | str, _Job] = {}
        for need in needs:
            answer = prefetched.answers.get(need)
            query = self.plan.query(need, request.patient_id, request.encounter_id)
            if answer is not None and answer.unfinished is not None:
                jobs[need] = partial(fetcher.follow, answer.unfinished, deadline)
            elif answer is None and query is not None:
                jobs[need] = partial(_ask, fetcher, query, deadline)
        return jobs

    def _queries(
        self, request: HookRequest, keys: Collection[DataNeed | str], prefetched: Prefetched
    ) -> dict[DataNeed | str, Read | Search]:
        """What can be asked in a batch: not the pages that follow a prefetched one."""
        asked = ((key, self._query(request, key)) for key in keys if key not in prefetched.answers)
        return {key: query for key, query in asked if query is not None}

    def _query(self, request: HookRequest, key: DataNeed | str) -> Read | Search | None:
        if isinstance(key, DataNeed):
            return self.plan.query(key, request.patient_id, request.encounter_id)
        return Read.parse(key.removeprefix(f"{request.fhir_server}/"))

    def _in_one(
        self, queries: Mapping[DataNeed | str, Read | Search], fetcher: FhirPort, deadline: Deadline
    ) -> _Results:
        """
        One request for all, where the server takes that; nothing where it does not, or is too slow at it.

        It has half of the time. The other half is for asking one by one, since one search that hangs must not
        take the others with it.
        """
        if len(queries) < 2:
            return {}
        future = self._executor.submit(fetcher.batch, tuple(queries.values()), deadline)
        wait([future], timeout=deadline.remaining() / 2)
        if not future.done():
            fetcher.no_more_batches()
            return {}
        return {key: _known(answer) for key, answer in zip(queries, future.result() or (), strict=False)}

    def _run(self, jobs: Mapping[DataNeed | str, _Job], deadline: Deadline) -> _Results:
        """
        A few jobs at a time. What is late is left behind: its thread is bound by the same deadline.

        Half of the time is for everything, all of it for what nothing can be said without: what comes may
        make us ask for more, and one search that hangs must not take the time for it.
        """
        futures: dict[DataNeed | str, Future[SearchAnswer]] = {key: Future() for key in jobs}
        waiting = deque((futures[key], job) for key, job in jobs.items())
        for _ in range(min(self._at_once, len(jobs))):
            self._executor.submit(_work_off, waiting)
        wait(futures.values(), timeout=deadline.remaining() / 2)
        vital = [future for key, future in futures.items() if key in _VITAL]
        wait(vital, timeout=deadline.remaining())
        waiting.clear()
        return {key: _result(future) for key, future in futures.items()}


def named_elsewhere(resources: Sequence[Resource]) -> tuple[str, ...]:
    """
    What the resources at hand refer to and nobody sent: drugs of orders, and results of reports.

    Of a report some of whose results came, the others are no genetic tests we know; only reports of which
    nothing came are followed.

    >>> order = {"resourceType": "MedicationRequest", "medicationReference": {"reference": "Medication/7"}}
    >>> named_elsewhere([order])
    ('Medication/7',)
    >>> named_elsewhere([order, {"resourceType": "Medication", "id": "7"}])
    ()
    """
    naming = [
        [text for text in _references_in(resource) if text and not text.startswith("#")]
        for resource in resources
        if resource.get("resourceType") in _NAMED_IN
    ]
    if not any(naming):
        return ()
    known = {_name(resource) for resource in resources}
    wanted: dict[str, None] = {}
    for named in naming:
        missing = [text for text in named if local(text) not in known]
        if len(missing) == len(named):
            wanted.update(dict.fromkeys(missing))
    return tuple(wanted)


def _references_in(resource: Resource) -> list[str]:
    """Drugs of an order or statement, results of a report."""
    holder = resource.get(_NAMED_IN[resource["resourceType"]])
    return [value for entry in mappings(holder) if isinstance(value := entry.get("reference"), str)]


def connect(
    request: HookRequest,
    connector: FhirConnector,
    servers: FhirServers,
    own_access: OwnAccess | None = None,
) -> FhirPort | None:
    """
    The FHIR server of a call, if it named one that may be called; sends nothing.

    The token of the call comes first: it knows what this user may see. Without one, a server is asked where
    we sign in ourselves on behalf of the caller, or that the site has named as open.
    """
    if request.fhir_server is None:
        return None
    if request.authorization is not None:
        allowed, token = servers.allows(request.fhir_server), request.authorization.access_token
        return connector.open(request.fhir_server, token) if allowed else None
    own = own_access.find(request.caller, request.fhir_server) if own_access is not None else None
    if own is not None:
        return connector.open(request.fhir_server, own) if servers.allows(request.fhir_server) else None
    allowed = servers.allows_without_token(request.fhir_server)
    return connector.open(request.fhir_server, None) if allowed else None


def _of_both(queries: Mapping[DataNeed | str, Read | Search]) -> Search | None:
    """One search for two needs that differ in the status of what they ask for; None if not both are asked."""
    first, second = queries.get(_FIRST), queries.get(_SECOND)
    if not isinstance(first, Search) or not isinstance(second, Search):
        return None
    more = dict(second.parameters)["status"]
    parameters = (
        (name, f"{value},{more}" if name == "status" else value) for name, value in first.parameters
    )
    return replace(first, parameters=tuple(parameters))


def _reference_jobs(
    references: Collection[str], fetcher: FhirPort, deadline: Deadline
) -> dict[DataNeed | str, _Job]:
    return {
        reference: partial(_read_reference, fetcher, reference, deadline)
        for reference in tuple(references)[:_MOST_REFERENCES]
    }


def _left_out(references: Collection[str]) -> _Results:
    return dict.fromkeys(tuple(references)[_MOST_REFERENCES:], Gap.TOO_MANY)


def _work_off(waiting: deque[tuple[Future[SearchAnswer], _Job]]) -> None:
    """Do jobs until none is waiting; several threads take from the same line."""
    while True:
        try:
            future, job = waiting.popleft()
        except IndexError:
            return
        try:
            future.set_result(job())
        except Exception as error:  # as an executor does: it is raised again where the result is asked for
            future.set_exception(error)


def _ask(fetcher: FhirPort, query: Read | Search, deadline: Deadline) -> SearchAnswer:
    if isinstance(query, Search):
        return fetcher.search(query, deadline)
    return SearchAnswer((fetcher.read(query, deadline),))


def _read_reference(fetcher: FhirPort, reference: str, deadline: Deadline) -> SearchAnswer:
    return SearchAnswer((fetcher.fetch_reference(reference, deadline),))


def _known(answer: SearchAnswer | FhirFetchError) -> SearchAnswer | Gap:
    return Gap(answer.problem.value) if isinstance(answer, FhirFetchError) else answer


def _result(future: Future[SearchAnswer]) -> SearchAnswer | Gap:
    if not future.done():
        return Gap.TIMEOUT
    try:
        return future.result()
    except FhirFetchError as error:
        return Gap(error.problem.value)


def _name(resource: Resource) -> str:
    return f"{resource['resourceType']}/{resource.get('id')}"
