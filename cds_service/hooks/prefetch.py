"""What the prefetched data of a request answer, need by need."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cds_service.core.model import Notice
from cds_service.fhir.fetch_errors import FetchProblem
from cds_service.fhir.paging import (
    Resource,
    is_harmless,
    link_of,
    outcome_notices,
    read_page,
)
from cds_service.hooks.data_needs import DataNeed, DataPlan


@dataclass(frozen=True, slots=True)
class Answered:
    """
    One prefetched value, read.

    Args:
        resources: What it holds, without outcomes.
        problem: Why it is no complete answer; None if it is one, be it empty.
        unfinished: The Bundle, if more pages follow it.
        notices: Outcomes that came with it.
    """

    resources: tuple[Resource, ...] = ()
    problem: FetchProblem | None = None
    unfinished: Resource | None = None
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Prefetched:
    """
    The prefetch of a request, sorted.

    Args:
        answers: By need; a need without an entry was not answered and may be asked for.
        pooled: Everything that came, whatever its key.
        notices: What was unreadable, and outcomes.
    """

    answers: Mapping[DataNeed, Answered]
    pooled: tuple[Resource, ...]
    notices: tuple[Notice, ...]


def read_prefetch(prefetch: Mapping[str, Any], needs: Collection[DataNeed], plan: DataPlan) -> Prefetched:
    """
    Sort the prefetch by needs: first by key, then, as sites rename keys, by content.

    A key that is absent, or whose value is neither null nor FHIR, answers nothing. A value under a key of
    ours answers only its own need, so that body weights never stand for genetic results.
    """
    keys = {need.key: need for need in plan.templates}
    answers: dict[DataNeed, Answered] = {}
    strangers: list[Answered] = []
    notices: list[Notice] = []
    pooled: list[Resource] = []
    empty_searches: list[Resource] = []
    for key, value in prefetch.items():
        need = keys.get(key)
        answer = _read(value)
        if answer is None:
            if need is not None:
                notices.append(Notice.of("prefetch-unreadable", need=need.key))
            continue
        notices += answer.notices
        pooled += answer.resources
        if need is None:
            strangers.append(answer)
            if not answer.resources and answer.problem is None and value is not None:
                empty_searches.append(value)
        elif _fits(need, answer, plan):
            answers[need] = answer
    for need in needs:
        if need not in answers:
            found = _by_content(need, strangers, plan) or _by_self_link(need, empty_searches, plan)
            if found is not None:
                answers[need] = found
    return Prefetched(answers, tuple(pooled), tuple(dict.fromkeys(notices)))


def _read(value: Any) -> Answered | None:
    """One value; None if it is neither null nor a FHIR resource."""
    if value is None:
        return Answered()
    if not isinstance(value, dict) or not isinstance(value.get("resourceType"), str):
        return None
    if value["resourceType"] == "OperationOutcome":
        return Answered(problem=FetchProblem.OUTCOME, notices=outcome_notices([value]))
    if value["resourceType"] != "Bundle":
        return Answered((value,))
    page = read_page(value)
    # Some EHRs say "no results" with a warning in an otherwise empty Bundle: that is an answer.
    failed = any(not is_harmless(outcome) for outcome in page.outcomes)
    return Answered(
        resources=page.resources,
        problem=FetchProblem.OUTCOME if failed else None,
        unfinished=value if page.next_link else None,
        notices=outcome_notices(page.outcomes),
    )


def _fits(need: DataNeed, answer: Answered, plan: DataPlan) -> bool:
    """Whether a value under the need's own key is about it at all: empty, or with something of its type."""
    kinds = {resource["resourceType"] for resource in answer.resources}
    return not kinds or plan.kind(need) in kinds


def _by_content(need: DataNeed, strangers: list[Answered], plan: DataPlan) -> Answered | None:
    """The first value under an unknown key that holds what the need asks for."""
    for answer in strangers:
        if any(plan.answers(need, resource) for resource in answer.resources):
            return answer
    return None


def _by_self_link(need: DataNeed, bundles: list[Resource], plan: DataPlan) -> Answered | None:
    """An empty answer, if an empty Bundle under an unknown key names the need's own search as its source."""
    for bundle in bundles:
        url = urlsplit(link_of(bundle, "self"))
        parameters = dict(parse_qsl(url.query, keep_blank_values=True))
        if plan.is_search_for(need, url.path.rstrip("/").split("/")[-1], parameters):
            return Answered()
    return None
