"""Whether the person allows genetic data to be used, and for what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from enum import Enum
from typing import Any

from cds_service.fhir.values import day, mapping, mappings, text

Json = Mapping[str, Any]

#: Security labels that cover genetic data (HL7 v3-ActCode).
_GENETIC = frozenset({"GDIS"})
#: Consents about taking part in research or advance directives do not speak of this use.
_OTHER_SCOPES = frozenset({"research", "adr"})
#: A base rule that nothing may be used unless a provision permits it (HL7 v3-ActCode).
_NOTHING_UNLESS = frozenset({"OPTOUT", "OPTOUTE"})
#: What a provision may name without leaving out any genetic result.
_GENETIC_CLASSES = frozenset({"Observation", "DiagnosticReport", "MolecularSequence", "GenomicStudy"})
#: An exception counts only if it says nothing but for what, for which data, and when.
_PLAIN = frozenset({"id", "type", "purpose", "securityLabel", "period"})
_DEEPEST = 8

_TREATMENT = frozenset({"TREAT", "ETREAT", "ERTREAT", "BTG", "CAREMGT", "COC", "HOPERAT"})


class Use(Enum):
    """What genetic data are used for; the values are its purposes of use (HL7 v3-ActReason)."""

    #: Advice on an order, or on what is taken.
    TREATMENT = _TREATMENT
    #: Findings nobody asked about, of one person or of many.
    SCREENING = _TREATMENT | {"POPHLTH"}


def denies_genetic_data(resources: Iterable[Json], today: date, use: Use = Use.TREATMENT) -> bool:
    """
    True if an active Consent denies this use of genetic data.

    A denial without purpose covers every purpose, one without security label every kind of data. Its
    exceptions count where they plainly permit this use, "deny, except for treatment"; in doubt the denial
    holds. Consents of R4 and R5 are read.

    Args:
        resources: Any resources; only consents are looked at.
        today: A provision may have a period.
        use: What the data would be used for.
    """
    return any(
        _denies(resource, today, use) for resource in resources if resource.get("resourceType") == "Consent"
    )


def _denies(consent: Json, today: date, use: Use) -> bool:
    scope = {text(item.get("code")) for item in mappings(mapping(consent.get("scope")).get("coding"))}
    if text(consent.get("status")) != "active" or scope & _OTHER_SCOPES:
        return False
    provisions = mappings(consent.get("provision"))
    decision = text(consent.get("decision"))
    if decision:
        # R5: provisions are exceptions to the decision, and theirs to them.
        return _holds({"provision": provisions}, today, use, denies=decision == "deny", depth=0)
    if _rules_out(consent):
        return not any(_permits(provision, today, use) for provision in provisions)
    return any(_provision_denies(provision, today, use) for provision in provisions)


def _rules_out(consent: Json) -> bool:
    """True if the base rule of an R4 consent forbids what no provision permits."""
    codings = mappings(mapping(consent.get("policyRule")).get("coding"))
    return bool({text(item.get("code")) for item in codings} & _NOTHING_UNLESS)


def _holds(provision: Json, today: date, use: Use, *, denies: bool, depth: int) -> bool:
    """Whether a rule of R5 denies this use, with its exceptions and theirs."""
    exceptions = mappings(provision.get("provision"))
    if depth > _DEEPEST:
        return True
    if denies:
        return not any(
            _is_plain(one) and _covers(one, today, use)
            and not _holds(one, today, use, denies=False, depth=depth + 1)
            for one in exceptions
        )  # fmt: skip
    return any(
        _covers(one, today, use) and _holds(one, today, use, denies=True, depth=depth + 1)
        for one in exceptions
    )


def _provision_denies(provision: Json, today: date, use: Use, depth: int = 0) -> bool:
    """Whether a provision of R4, or one below it, denies this use."""
    if depth > _DEEPEST:
        return True
    below = mappings(provision.get("provision"))
    if text(provision.get("type")) == "deny" and _covers(provision, today, use):
        return not any(_permits(one, today, use) for one in below)
    return any(_provision_denies(one, today, use, depth + 1) for one in below)


def _permits(provision: Json, today: date, use: Use) -> bool:
    return text(provision.get("type")) == "permit" and _is_plain(provision) and _covers(provision, today, use)


def _is_plain(provision: Json) -> bool:
    return provision.keys() <= _PLAIN


def _covers(provision: Json, today: date, use: Use) -> bool:
    """True if the provision is in force and speaks of genetic data and of this use."""
    period = mapping(provision.get("period"))
    start, end = day(period.get("start")), day(period.get("end"))
    if (start and start > today) or (end and end < today):
        return False
    labels = {text(label.get("code")) for label in mappings(provision.get("securityLabel"))}
    purposes = {text(purpose.get("code")) for purpose in mappings(provision.get("purpose"))}
    classes = {text(one.get("code")) for one in mappings(provision.get("class"))}
    return (
        (not labels or bool(labels & _GENETIC))
        and (not purposes or bool(purposes & use.value))
        and (not classes or bool(classes & _GENETIC_CLASSES))
    )
