"""Sorts what came, by prefetch and from the server, to the needs it answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from cds_service.core.model import Notice
from cds_service.fhir.paging import Resource, SearchAnswer, without_repeats
from cds_service.hooks.data_needs import DataNeed, DataPlan
from cds_service.hooks.gathered import Gap, Gathered, NeedOutcome, NeedState
from cds_service.hooks.prefetch import Prefetched
from cds_service.hooks.references import is_about_another
from cds_service.hooks.request import HookRequest

#: What one fetch brought; the key is the need or the reference it was for.
Fetched = Mapping[DataNeed | str, SearchAnswer | Gap]


class _Own:
    """What is about our patient, or about nobody."""

    def __init__(self, came: Sequence[Resource], patient_id: str) -> None:
        self.resources = [each for each in came if not is_about_another(each, patient_id)]
        self._ids = {id(each) for each in self.resources}

    def has(self, resource: Resource) -> bool:
        """Whether a resource that came is one of these."""
        return id(resource) in self._ids


@dataclass(frozen=True, slots=True)
class Sorting:
    """Everything that came for one call, on its way to the needs it answers."""

    plan: DataPlan
    request: HookRequest
    prefetched: Prefetched
    fetched: Fetched

    def gathered(self, needs: Collection[DataNeed], references: Collection[str]) -> Gathered:
        """Drop what is about others, then say for each need and reference what was found."""
        answers = [answer for answer in self.fetched.values() if isinstance(answer, SearchAnswer)]
        came = [*self.prefetched.pooled, *(resource for answer in answers for resource in answer.resources)]
        own = _Own(came, self.request.patient_id)
        notices = [*self.prefetched.notices, *(notice for answer in answers for notice in answer.notices)]
        referenced, unread = self._references(references, own)
        return Gathered(
            outcomes={need: self._outcome(need, own) for need in needs},
            resources=without_repeats(own.resources),
            referenced=referenced,
            unread=unread,
            notices=tuple(dict.fromkeys([*notices, *_dropped(came, own)])),
        )

    def _outcome(self, need: DataNeed, own: _Own) -> NeedOutcome:
        answer, fetched = self.prefetched.answers.get(need), self.fetched.get(need)
        if answer is not None and answer.unfinished is None:
            gap = Gap(answer.problem.value) if answer.problem else None
            return self._judged(need, answer.resources, NeedState.PREFETCHED, own, gap)
        if isinstance(fetched, SearchAnswer):
            gap = Gap(fetched.problem.value) if fetched.problem else None
            return self._judged(need, fetched.resources, NeedState.FETCHED, own, gap)
        if answer is not None:
            return self._judged(need, answer.resources, NeedState.PREFETCHED, own, fetched or Gap.PAGED)
        if self.plan.query(need, self.request.patient_id, self.request.encounter_id) is None:
            return NeedOutcome(NeedState.EMPTY)
        # Another query may have brought some of it, and nobody knows whether that is all.
        elsewhere = [resource for resource in own.resources if self.plan.answers(need, resource)]
        return self._judged(need, elsewhere, NeedState.FETCHED, own, fetched or self._why_not_asked())

    def _judged(
        self,
        need: DataNeed,
        found: Sequence[Resource],
        complete: NeedState,
        own: _Own,
        gap: Gap | None,
    ) -> NeedOutcome:
        kind = self.plan.kind(need)
        usable = tuple(r for r in found if r["resourceType"] == kind and own.has(r))
        if gap is None and found and not usable and self.plan.is_read(need):
            gap = Gap.OTHER_PATIENT
        if gap is not None:
            return NeedOutcome(NeedState.INCOMPLETE if usable else NeedState.MISSING, usable, gap)
        return NeedOutcome(complete if usable else NeedState.EMPTY, usable)

    def _references(
        self, references: Collection[str], own: _Own
    ) -> tuple[dict[str, Resource], dict[str, Gap]]:
        referenced, unread = {}, {}
        for reference in references:
            answer = self.fetched.get(reference, self._why_not_asked())
            if isinstance(answer, Gap):
                unread[reference] = answer
            elif own.has(answer.resources[0]):
                referenced[reference] = answer.resources[0]
            else:
                unread[reference] = Gap.OTHER_PATIENT
        return referenced, unread

    def _why_not_asked(self) -> Gap:
        if self.request.fhir_server is None:
            return Gap.NO_SERVER
        return Gap.NO_TOKEN if self.request.authorization is None else Gap.NOT_ALLOWED


def _dropped(came: Sequence[Resource], own: _Own) -> list[Notice]:
    """How many resources of each type were about others."""
    if len(came) == len(own.resources):
        return []
    kinds = Counter(r["resourceType"] for r in without_repeats(came) if not own.has(r))
    return [
        Notice.of("other-patient-dropped", kind=kind, count=str(count))
        for kind, count in sorted(kinds.items())
    ]
