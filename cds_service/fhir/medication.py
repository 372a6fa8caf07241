"""Reads a MedicationRequest into an order: drug, route, dose, reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cds_service.core.delivery import Delivery
from cds_service.core.drug_codes import DrugCodes
from cds_service.core.drug_identity import DrugIdentity, identify_drug
from cds_service.core.model import Administration, Coding, DailyDose, Ingredient, Notice, Order
from cds_service.fhir import values
from cds_service.fhir.dosage import Dosage, in_milligrams, read_dosage
from cds_service.fhir.dose_units import PIECE
from cds_service.fhir.drug_description import (
    DrugDescription,
    Resource,
    concept_of,
    contained,
    describe_drug,
    index_medications,
)
from cds_service.fhir.plain_dose import plain_administration
from cds_service.fhir.routes import routes_in_text

__all__ = ["OrderReading", "identify_concept", "identify_medication", "index_medications", "read_order"]

#: States of a draft that stops a drug instead of giving it.
_ENDING = frozenset({"stopped", "cancelled", "completed"})
_NO_MEDICATIONS: Mapping[str, Resource] = {}


@dataclass(frozen=True, slots=True)
class OrderReading:
    """
    A draft order as it was understood.

    Args:
        order: The order. Its dose is that of the ingredient; None for a combination, see `ingredient_doses`.
        notices: What could not be read, or what a reader should know.
        reference_to_fetch: The Medication the drug stands in, where it was not sent along; None if nothing is
            missing. Fetch it, put it among `medications`, read again. Until then the order goes by its label.
        ingredient_doses: Daily dose of each ingredient, as far as it can be told: in a combination from the
            number of pieces and the strength of each ingredient.
    """

    order: Order
    notices: tuple[Notice, ...] = ()
    reference_to_fetch: str | None = None
    ingredient_doses: tuple[tuple[Ingredient, DailyDose], ...] = ()


def read_order(
    resource: Resource, *, drug_codes: DrugCodes, medications: Mapping[str, Resource] = _NO_MEDICATIONS
) -> OrderReading | None:
    """
    Read one MedicationRequest.

    Any field may be missing or of the wrong type; what cannot be read becomes a notice, never an exception.

    Args:
        resource: The resource as sent.
        drug_codes: The code tables.
        medications: Medications sent beside the order, as `index_medications` gives them.

    Returns:
        None for what is no order for a drug: another type of resource (also MedicationOrder of DSTU2), a
        request not to give something, or one that was entered in error.

    >>> reading = read_order({"resourceType": "MedicationRequest", "id": "1"}, drug_codes=DrugCodes())
    >>> reading.order.reference, reading.order.identified_by.value
    ('MedicationRequest/1', 'none')
    """
    if not isinstance(resource, Mapping) or resource.get("resourceType") != "MedicationRequest":
        return None
    if resource.get("doNotPerform") is True or resource.get("status") == "entered-in-error":
        return None
    drug = describe_drug(resource, medications)
    identity = identify_drug(drug.whole, drug_codes, drug.parts, drug.label)
    dosage = _dosage(resource, identity)
    doses = _ingredient_doses(identity, dosage.dose)
    reasons, reason_texts = _reasons(resource)
    order = Order(
        reference=_reference(resource),
        ingredients=identity.ingredients,
        identified_by=identity.identified_by,
        label=drug.label,
        routes=dosage.routes or identity.routes or routes_in_text(f"{drug.label} {drug.form}"),
        dose=_order_dose(identity, dosage.dose),
        single_administration=dosage.single_administration,
        administration=_administration(resource, identity, dosage.dose),
        delivery=_delivery(identity, dosage.routes, drug.label),
        reasons=reasons,
        reason_texts=reason_texts,
        continues=values.reference_key(resource.get("priorPrescription")),
        ends=values.text(resource.get("status")) in _ENDING,
    )
    dose_notice = _dose_notice(identity, dosage.dose, bool(doses))
    notices = (*identity.notices, *dosage.notices, *dose_notice, *_missing_notice(drug))
    return OrderReading(order, notices, _fetchable(drug.missing), doses)


def identify_medication(
    resource: Resource, *, drug_codes: DrugCodes, medications: Mapping[str, Resource] = _NO_MEDICATIONS
) -> DrugIdentity:
    """The drug of any resource with `medication[x]`: a statement, a dispense, an earlier request."""
    drug = describe_drug(resource, medications)
    return identify_drug(drug.whole, drug_codes, drug.parts, drug.label)


def identify_concept(concept: object, *, drug_codes: DrugCodes) -> DrugIdentity:
    """The drug a CodeableConcept names, such as the code of an allergy."""
    return identify_drug(concept_of(concept), drug_codes)


def _reference(resource: Resource) -> str:
    identifier = values.text(resource.get("id"))
    return f"MedicationRequest/{identifier}" if identifier else ""


# -- dose ------------------------------------------------------------------------------------


def _dosage(resource: Resource, identity: DrugIdentity) -> Dosage:
    only = identity.ingredients[0].name if len(identity.ingredients) == 1 else ""
    return read_dosage(resource.get("dosageInstruction"), identity.strengths.get(only))


def _order_dose(identity: DrugIdentity, dose: DailyDose | None) -> DailyDose | None:
    # "300 mg" of a combination does not say of which ingredient.
    return dose if dose and dose.unit != PIECE and len(identity.ingredients) < 2 else None


def _administration(
    resource: Resource, identity: DrugIdentity, dose: DailyDose | None
) -> Administration | None:
    """What is given at a time, of an order for one ingredient whose daily dose says the same."""
    if len(identity.ingredients) != 1 or dose is None:
        return None
    found = plain_administration(resource, identity.strengths.get(identity.ingredients[0].name))
    agrees = found is not None and (found.unit, found.amount * found.per_day) == (dose.unit, dose.amount)
    return found if agrees else None


def _delivery(identity: DrugIdentity, routes: frozenset[str], label: str) -> Delivery | None:
    """
    What can be given at a time.

    Of an order without a product: by injection it is measured. A strength in its words is a product that the
    codes do not tell.
    """
    delivery = identity.delivery
    if delivery is None or delivery.chosen:
        return delivery
    if any(sign.isdigit() for sign in label):
        return None
    if routes == {"parenteral"}:
        return Delivery()
    return delivery if delivery.pieces else None


def _ingredient_doses(
    identity: DrugIdentity, dose: DailyDose | None
) -> tuple[tuple[Ingredient, DailyDose], ...]:
    if dose is None or (len(identity.ingredients) > 1 and dose.unit != PIECE):
        return ()
    found = (
        (ingredient, in_milligrams(dose, identity.strengths.get(ingredient.name)))
        for ingredient in identity.ingredients
    )
    return tuple((ingredient, own) for ingredient, own in found if own)


def _dose_notice(identity: DrugIdentity, stated: DailyDose | None, told: bool) -> tuple[Notice, ...]:
    return (Notice.of("dose-not-computable"),) if stated and identity.ingredients and not told else ()


# -- drug ------------------------------------------------------------------------------------


def _missing_notice(drug: DrugDescription) -> tuple[Notice, ...]:
    return (Notice.of("medication-not-found"),) if drug.missing and not _fetchable(drug.missing) else ()


def _fetchable(reference: str) -> str | None:
    """A reference a FHIR server can answer: not `#id` or `urn:uuid:`, which only the sender can include."""
    kind, _, identifier = reference.partition("/_history/")[0].rpartition("/")
    return reference if identifier and kind.rpartition("/")[2] == "Medication" else None


# -- reason ----------------------------------------------------------------------------------


def _reasons(resource: Resource) -> tuple[frozenset[Coding], tuple[str, ...]]:
    """Codes and words of `reasonCode`, of `reason` (R5), and of contained conditions."""
    newer = values.mappings(resource.get("reason"))
    found = concept_of(
        [*values.items(resource.get("reasonCode")), *(reason.get("concept") for reason in newer)]
    )
    codings, texts = list(found.codings), list(found.texts)
    references = [
        *values.items(resource.get("reasonReference")),
        *(reason.get("reference") for reason in newer),
    ]
    for reference in values.mappings(references):
        condition = contained(resource, values.text(reference.get("reference")))
        found = concept_of(condition.get("code") if condition else None)
        codings.extend(found.codings)
        texts.extend((*found.texts, values.text(reference.get("display"))))
    return frozenset(codings), tuple(dict.fromkeys(text.lower() for text in texts if text))
