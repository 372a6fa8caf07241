"""Which drugs a record says are taken, since when, and until when."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from cds_service.core.drug_codes import DrugCodes
from cds_service.core.model import Ingredient, Stopped
from cds_service.fhir.medication import identify_medication, index_medications
from cds_service.fhir.routes import route_of_concept
from cds_service.fhir.values import codings, concept_texts, day, mapping, mappings, number, text

Json = Mapping[str, Any]

_TAKEN = frozenset({"active", "on-hold", "intended"})
_OVER = frozenset({"stopped", "completed"})
#: Why a drug ended, in words; and HL7's codes for an allergy and an intolerance that is suspected.
_FAILURE = re.compile(
    r"\bfailed\b|\b(?:treatment|therapy|therapeutic|drug|medication|clinical|virologic\w*) failure"
    r"|\bfailure (?:of (?:the )?(?:treatment|therapy|drug|medication)|to respond)|\bineffective"
    r"|\bnot effective"
    r"|\b(?:no|lack of|poor|inadequate|insufficient) (?:effect|efficacy|response|benefit)|\bunresponsive"
    r"|intoleran|not tolerat|side[- ]effect|\badverse"
    r"|unwirksam|wirkungslos|versag|unverträglich|nebenwirkung",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:no|without|keine?|ohne) (?:\w+ )?"
    r"(?:side[- ]effect|adverse|intoleran|nebenwirkung|unverträglich)\w*",
    re.IGNORECASE,
)
_FAILURES = frozenset({"salg", "sintol"})
_DAYS = {"d": 1, "wk": 7, "mo": 30, "a": 365, "day": 1, "days": 1, "week": 7, "weeks": 7}


@dataclass(frozen=True, slots=True)
class DrugUse:
    """
    One order or statement about a drug.

    Args:
        reference: `MedicationRequest/<id>` or `MedicationStatement/<id>`.
        ingredients: The drug, as base ingredients.
        status: As written.
        since: First day; the day of the order where no other is known.
        until: Last day by the record; None where none is stated.
        routes: Routes that are stated.
        failed: It ended because it did not work or was not tolerated.
    """

    reference: str
    ingredients: tuple[Ingredient, ...]
    status: str
    since: date | None = None
    until: date | None = None
    routes: frozenset[str] = frozenset()
    failed: bool = False

    def taken_on(self, today: date) -> bool:
        """True if it is in use: active, and its own last day has not passed."""
        return self.status in _TAKEN and (self.until is None or self.until >= today)

    def days_since_end(self, today: date) -> int | None:
        """Days since the last dose; None if it is in use, or nobody knows when it ended."""
        over = self.status in _OVER or (self.status in _TAKEN and not self.taken_on(today))
        if not over or self.until is None or self.until > today:
            return None
        return (today - self.until).days


def read_uses(resources: Iterable[Json], drug_codes: DrugCodes) -> tuple[DrugUse, ...]:
    """
    Read all orders and statements about drugs; one whose drug is not recognised is left out.

    Args:
        resources: Everything that was gathered, of all types.
        drug_codes: Code tables.
    """
    resources = list(resources)
    medications = index_medications([r for r in resources if r.get("resourceType") == "Medication"])
    found = []
    for resource in resources:
        if resource.get("resourceType") not in ("MedicationRequest", "MedicationStatement"):
            continue
        status = _status(resource)
        if status not in _TAKEN | _OVER or resource.get("doNotPerform") is True:
            continue
        drug = identify_medication(resource, drug_codes=drug_codes, medications=medications)
        if drug.ingredients:
            found.append(_use(resource, status, drug.ingredients))
    return tuple(found)


def _status(resource: Json) -> str:
    """Whether the drug is taken; since R5 a statement says so apart from its status."""
    status = text(resource.get("status"))
    if status != "recorded":
        return status
    said = " ".join(coded.code for coded in codings(mapping(resource.get("adherence")).get("code")))
    return "stopped" if said.startswith(("not-taking", "stopped")) else "active"


def taken(uses: Iterable[DrugUse], today: date) -> tuple[Ingredient, ...]:
    """The ingredients in use, each once."""
    found: dict[str, Ingredient] = {}
    for use in uses:
        if use.taken_on(today):
            for ingredient in use.ingredients:
                found.setdefault(ingredient.name, ingredient)
    return tuple(found.values())


def used_locally(uses: Iterable[DrugUse], today: date, local: frozenset[str]) -> frozenset[str]:
    """Names of ingredients in use of which every use is by a local route."""
    names: dict[str, bool] = {}
    for use in uses:
        if use.taken_on(today):
            here = bool(use.routes) and use.routes <= local
            for ingredient in use.ingredients:
                names[ingredient.name] = names.get(ingredient.name, True) and here
    return frozenset(name for name, only in names.items() if only)


def stopped(uses: Iterable[DrugUse], today: date) -> tuple[Stopped, ...]:
    """Ingredients that are not in use any more, with the days since the latest known last dose."""
    uses = tuple(uses)
    current = {ingredient.name for ingredient in taken(uses, today)}
    latest: dict[str, Stopped] = {}
    for use in uses:
        days = use.days_since_end(today)
        for ingredient in use.ingredients if days is not None else ():
            known = latest.get(ingredient.name)
            if ingredient.name not in current and days is not None and (known is None or days < known.days):
                latest[ingredient.name] = Stopped(ingredient, days)
    return tuple(latest.values())


def failed(uses: Iterable[DrugUse], today: date) -> tuple[Ingredient, ...]:
    """The ingredients that ended without success; one that is taken again is none of these."""
    uses = tuple(uses)
    current = {ingredient.name for ingredient in taken(uses, today)}
    found = {i.name: i for use in uses if use.failed for i in use.ingredients if i.name not in current}
    return tuple(found.values())


def _use(resource: Json, status: str, ingredients: tuple[Ingredient, ...]) -> DrugUse:
    effective = mapping(resource.get("effectivePeriod"))
    since = day(effective.get("start")) or day(resource.get("effectiveDateTime"))
    instructions = mappings(resource.get("dosageInstruction")) or mappings(resource.get("dosage"))
    return DrugUse(
        reference=f"{resource.get('resourceType')}/{text(resource.get('id'))}",
        ingredients=ingredients,
        status=status,
        since=since or day(resource.get("authoredOn")),
        until=day(effective.get("end")) or _bound(instructions) or _supplied_until(resource, status),
        routes=frozenset(route for part in instructions for route in route_of_concept(part.get("route"))),
        failed=status in _OVER and any(map(_is_failure, mappings(resource.get("statusReason")))),
    )


def _is_failure(reason: Json) -> bool:
    """Whether a reason for the status, or a word of it, says that a drug did not do."""
    if any(_FAILURE.search(_DENIED.sub(" ", words)) for words in concept_texts(reason)):
        return True
    return any(coded.code in _FAILURES for coded in codings(reason))


def _bound(instructions: Iterable[Json]) -> date | None:
    """The latest last day of the instructions; None unless all of them have one."""
    ends = [
        day(
            mapping(mapping(mapping(mapping(part).get("timing")).get("repeat")).get("boundsPeriod")).get(
                "end"
            )
        )
        for part in instructions
    ]
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None


def _supplied_until(resource: Json, status: str) -> date | None:
    """Until when the supply of an order that is over lasted, with its refills; None if that is not stated."""
    if status not in _OVER:
        return None
    request = mapping(resource.get("dispenseRequest"))
    supply = mapping(request.get("expectedSupplyDuration"))
    amount, authored = number(supply.get("value")), day(resource.get("authoredOn"))
    length = _DAYS.get(text(supply.get("code")) or text(supply.get("unit")))
    if status == "completed" and authored and amount and length and 0 < amount < 1000:
        times = 1 + int(number(request.get("numberOfRepeatsAllowed")) or 0)
        return authored + timedelta(days=int(amount) * length * min(times, 20))
    return day(mapping(request.get("validityPeriod")).get("end"))
