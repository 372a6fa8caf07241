"""Search answers: entries, outcomes, and the link to the next page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from cds_service.core.model import Notice
from cds_service.fhir.fetch_errors import FetchProblem

Resource = Mapping[str, Any]

_SEVERITIES = frozenset({"fatal", "error", "warning", "information"})
_ISSUE_CODE = re.compile(r"[a-z-]{1,40}")


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """
    What a search brought, over all pages that were read.

    Args:
        resources: Matches and included resources, in the server's order.
        notices: OperationOutcome entries, by severity and issue code; their texts are left out.
        problem: Why something is missing at the end; None if the answer is complete.
    """

    resources: tuple[Resource, ...] = ()
    notices: tuple[Notice, ...] = ()
    problem: FetchProblem | None = None

    @property
    def complete(self) -> bool:
        """Whether the last page was reached."""
        return self.problem is None


@dataclass(frozen=True, slots=True)
class Page:
    """
    One Bundle, taken apart.

    Args:
        resources: All entries that carry a resource, without the outcomes.
        outcomes: OperationOutcome resources among the entries.
        next_link: The link to the next page as it was sent; empty on the last page.
    """

    resources: tuple[Resource, ...]
    outcomes: tuple[Resource, ...]
    next_link: str


def read_page(bundle: Resource) -> Page:
    """Take a Bundle apart; entries without a readable resource are skipped."""
    found = list(_entry_resources(bundle))
    return Page(
        resources=tuple(r for r in found if r["resourceType"] != "OperationOutcome"),
        outcomes=tuple(r for r in found if r["resourceType"] == "OperationOutcome"),
        next_link=link_of(bundle, "next"),
    )


def link_of(bundle: Resource, relation: str) -> str:
    """The URL of one of a Bundle's links; empty if there is none."""
    links = bundle.get("link")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("relation") == relation and isinstance(link.get("url"), str):
            return str(link["url"])
    return ""


def outcome_notices(outcomes: Sequence[Resource]) -> tuple[Notice, ...]:
    """
    One notice `fhir-outcome` per issue, by severity and code.

    The diagnostics stay behind: they may name the patient.
    """
    return tuple(
        Notice.of("fhir-outcome", severity=severity, code=code)
        for outcome in outcomes
        for severity, code in issues(outcome)
    )


def issues(outcome: Resource) -> Iterator[tuple[str, str]]:
    """
    Severity and code of each issue of an OperationOutcome; `unknown` where the word is none of FHIR's.

    >>> list(issues({"issue": [{"severity": "warning", "code": "not-found"}, {"severity": "John"}]}))
    [('warning', 'not-found'), ('unknown', 'unknown')]
    """
    listed = outcome.get("issue")
    for issue in listed if isinstance(listed, list) else ():
        if isinstance(issue, dict):
            severity, code = issue.get("severity"), issue.get("code")
            yield (
                severity if isinstance(severity, str) and severity in _SEVERITIES else "unknown",
                code if isinstance(code, str) and _ISSUE_CODE.fullmatch(code) else "unknown",
            )


def is_harmless(outcome: Resource) -> bool:
    """
    Whether an OperationOutcome only informs, as one that says "no results".

    >>> is_harmless({"issue": [{"severity": "warning", "code": "processing"}]}), is_harmless({})
    (True, False)
    """
    severities = [severity for severity, _ in issues(outcome)]
    return bool(severities) and all(severity in ("warning", "information") for severity in severities)


def url_within(base: str, link: str) -> str | None:
    """
    The address of a link, if it is on the same server below the same base; else None.

    Args:
        base: The server's base URL, without a slash at the end.
        link: Absolute, or relative to the base.

    >>> url_within("https://a/fhir", "Observation?page=2")
    'https://a/fhir/Observation?page=2'
    >>> url_within("https://a/fhir", "https://a/fhir?_getpages=7")
    'https://a/fhir?_getpages=7'
    >>> [url_within("https://a/fhir", link) for link in ("https://b/fhir/x", "https://a/fhirs", "../admin")]
    [None, None, None]
    """
    if any(ord(char) <= 32 or ord(char) > 126 or char == "\\" for char in link):
        return None
    try:
        url = urljoin(f"{base}/", link)
        path = urlsplit(url).path
    except ValueError:
        return None
    if not (url.startswith((f"{base}/", f"{base}?"))) or "#" in url:
        return None
    # A proxy or server may undo the encoding before it cuts the path: no dot segment in any spelling.
    steps = unquote(unquote(path)).replace("\\", "/").replace(";", "/").split("/")
    return None if {".", ".."} & set(steps) else url


def without_repeats(resources: Iterable[Resource]) -> tuple[Resource, ...]:
    """
    Each resource once, by type and id; the first one stays. Resources without an id all stay.

    >>> without_repeats([{"resourceType": "Patient", "id": "1"}, {"resourceType": "Patient", "id": "1"}])
    ({'resourceType': 'Patient', 'id': '1'},)
    """
    kept: dict[object, Resource] = {}
    for resource in resources:
        ident = resource.get("id")
        key = (resource["resourceType"], ident) if isinstance(ident, str) else id(resource)
        kept.setdefault(key, resource)
    return tuple(kept.values())


def _entry_resources(bundle: Resource) -> Iterator[dict[str, Any]]:
    entries = bundle.get("entry")
    for entry in entries if isinstance(entries, list) else ():
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and isinstance(resource.get("resourceType"), str):
            yield resource
