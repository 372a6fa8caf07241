"""Collects everything a resource says about its drug: codes, names, ingredients, over all references."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cds_service.core.drug_identity import DrugConcept
from cds_service.core.model import Coding
from cds_service.fhir import values
from cds_service.fhir.terminology import coding

Resource = Mapping[str, Any]

_LONGEST_LABEL = 200
#: An ingredient may itself be a Medication; deeper than this nobody goes, and circles end.
_DEEPEST = 2
_MOST_INGREDIENTS = 60


@dataclass(frozen=True, slots=True)
class DrugDescription:
    """
    What a resource says about its drug.

    Args:
        whole: Codes and names of the product.
        parts: Its ingredients, where they are listed.
        label: The drug for people; empty if it has no name.
        form: Words for the dose form.
        missing: Reference to a Medication that is not at hand; empty if there is none.
    """

    whole: DrugConcept = DrugConcept()
    parts: tuple[DrugConcept, ...] = ()
    label: str = ""
    form: str = ""
    missing: str = ""


@dataclass(slots=True)
class _Collected:
    codings: list[Coding] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    parts: list[DrugConcept] = field(default_factory=list)
    form: list[str] = field(default_factory=list)
    missing: str = ""


def index_medications(*sources: object) -> dict[str, Resource]:
    """
    Medications by every reference that may point to them: `Medication/<id>` and the `fullUrl` of their entry.

    Args:
        sources: Bundles, resources, or lists of these. What is no Medication is skipped.
    """
    found: dict[str, Resource] = {}
    resources = [resource for source in sources for resource in values.mappings(source)]
    entries: list[Resource] = [
        entry for resource in resources for entry in values.mappings(resource.get("entry"))
    ]
    for entry in (*entries, *({"resource": resource} for resource in resources)):
        medication = values.first_mapping(entry.get("resource"))
        if medication.get("resourceType") != "Medication":
            continue
        if identifier := values.text(medication.get("id")):
            found[f"Medication/{identifier}"] = medication
        if url := values.text(entry.get("fullUrl")):
            found[url] = medication
    return found


def concept_of(value: object) -> DrugConcept:
    """A CodeableConcept: all its codes and names."""
    codings: list[Coding] = []
    texts: list[str] = []
    _add_concept(value, codings, texts)
    return DrugConcept(tuple(codings), tuple(texts))


def describe_drug(resource: Resource, medications: Mapping[str, Resource]) -> DrugDescription:
    """
    Collect the drug of a MedicationRequest, or of any resource with the same `medication[x]`.

    A reference leads to a contained Medication, or to one of `medications` (see `index_medications`). The
    concept and the reference may both be there; both count.
    """
    collected = _Collected()
    newer = values.first_mapping(resource.get("medication"))  # one element with both, since R5
    _add_concept(resource.get("medicationCodeableConcept"), collected.codings, collected.texts)
    _add_concept(newer.get("concept"), collected.codings, collected.texts)
    for reference in values.mappings([resource.get("medicationReference"), newer.get("reference")]):
        _add_reference(reference, resource, medications, collected)
    return DrugDescription(
        DrugConcept(tuple(collected.codings), tuple(collected.texts)),
        tuple(collected.parts),
        _label(collected),
        " ".join(collected.form)[:_LONGEST_LABEL],
        collected.missing,
    )


def contained(resource: Resource, reference: str) -> Resource | None:
    """The contained resource `#id` points to; None if there is none."""
    wanted = reference.removeprefix("#")
    for entry in values.mappings(resource.get("contained")):
        if values.text(entry.get("id")).removeprefix("#") == wanted:
            return entry
    return None


def _add_concept(value: object, codings: list[Coding], texts: list[str]) -> None:
    if value is None:
        return
    for concept in values.mappings(value):
        if text := values.text(concept.get("text")):
            texts.append(text)
        for entry in values.mappings(concept.get("coding")):
            if found := coding(entry.get("system"), entry.get("code")):
                codings.append(found)
            if display := values.text(entry.get("display")):
                texts.append(display)


def _add_reference(
    reference: Resource, resource: Resource, medications: Mapping[str, Resource], collected: _Collected
) -> None:
    target = values.text(reference.get("reference"))
    medication = _target(target, resource, medications)
    if display := values.text(reference.get("display")):
        collected.texts.append(display)
    if medication is None:
        # Without an address nobody can fetch it; that the order has a drug is known all the same.
        collected.missing = collected.missing or target or ("identifier" if "identifier" in reference else "")
        return
    _add_concept(medication.get("code"), collected.codings, collected.texts)
    _add_concept(medication.get("form"), [], collected.form)
    collected.parts.extend(_parts(medication, resource, medications, 1))


def _target(reference: str, resource: Resource, medications: Mapping[str, Resource]) -> Resource | None:
    if reference.startswith("#"):
        return contained(resource, reference)
    if not reference:
        return None
    relative = "/".join(reference.partition("/_history/")[0].rsplit("/", 2)[-2:])
    found = medications.get(reference) or medications.get(relative)
    return found if isinstance(found, dict) else None


def _parts(
    medication: Resource, order: Resource, medications: Mapping[str, Resource], depth: int
) -> Iterator[DrugConcept]:
    for ingredient in values.mappings(medication.get("ingredient"))[:_MOST_INGREDIENTS]:
        if ingredient.get("isActive") is False:
            continue
        item = values.first_mapping(ingredient.get("item"))  # since R5
        codings: list[Coding] = []
        texts: list[str] = []
        for concept in (ingredient.get("itemCodeableConcept"), item.get("concept")):
            _add_concept(concept, codings, texts)
        for reference in values.mappings([ingredient.get("itemReference"), item.get("reference")]):
            target = values.text(reference.get("reference"))
            texts.extend(text for text in [values.text(reference.get("display"))] if text)
            # A contained resource may point to another one beside it, which stands in the order.
            found = _target(target, medication, medications) or _target(target, order, medications)
            if found is not None:
                _add_concept(found.get("code"), codings, texts)
                if depth < _DEEPEST:
                    yield from _parts(found, order, medications, depth + 1)
        if codings or texts:
            yield DrugConcept(tuple(codings), tuple(texts))


def _label(collected: _Collected) -> str:
    names = collected.texts[:1] or [part.texts[0] for part in collected.parts if part.texts]
    return " ".join(" / ".join(names).split())[:_LONGEST_LABEL]
