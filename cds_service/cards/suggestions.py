"""What a prescriber can apply with one click."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any
from uuid import UUID, uuid5

from cds_service.cards.dose_change import changed_dose, dose_label
from cds_service.cards.wording import Wording
from cds_service.core.actions import Action
from cds_service.core.finding import Choice, Finding

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ATC = "http://www.whocc.no/atc"
LOINC = "http://loinc.org"
MOST = 3


class Style(Enum):
    """How a replacement is written; clients differ in what they can apply."""

    REPLACE = "replace"
    UPDATE = "update"
    SEPARATE = "separate"


#: Parts of the draft that a replacement keeps: who, when, why, but neither drug nor dose.
_KEPT = ("intent", "category", "priority", "subject", "encounter", "authoredOn", "requester", "reasonCode")


def suggestions(
    finding: Finding, draft: Mapping[str, Any], wording: Wording, style: Style, namespace: UUID
) -> list[dict[str, Any]]:
    """
    The suggestions of a finding: another dose, replacements that fit this patient, and the missing test.

    Args:
        finding: What was concluded.
        draft: The order as it was sent.
        wording: Language of the labels.
        style: What the client can apply.
        namespace: Makes the identifiers unique to the card.
    """
    found: list[dict[str, Any]] = []
    for choice in [choice for choice in _for_the_order(finding) if choice.orderable][:MOST]:
        actions = _replace(choice, finding, draft, wording, style)
        label = wording.say("text.order-instead", drug=choice.alternative.name)
        found += _offers(label, choice.alternative.id, actions, style, namespace)
    changed = _changed(finding, draft, wording, style, namespace)
    found = [*found, *changed] if finding.action is Action.SWITCH_OR_CAP else [*changed, *found]
    if style is Style.SEPARATE:
        found = _once(found)
    elif found and finding.action is not Action.SWITCH_COMEDICATION:
        # Of a share of the ordered dose only the prescriber knows whether that dose is the usual one.
        takes_for_usual = finding.proposal is not None and finding.proposal.share is not None
        if not (takes_for_usual and found[0] in changed):
            found[0]["isRecommended"] = True
    return found + _test(finding, draft, wording, namespace) + _follow_up(finding, draft, wording, namespace)


def _offers(
    label: str, ident: str, actions: list[dict[str, Any]], style: Style, namespace: UUID
) -> list[dict[str, Any]]:
    """One suggestion of all actions, or one of each."""
    found = []
    for number, group in enumerate([[a] for a in actions] if style is Style.SEPARATE else [actions]):
        text = label if group[0]["type"] != "delete" or len(group) > 1 else group[0]["description"]
        uuid = str(uuid5(namespace, f"{ident}/{number}"))
        found.append({"label": text, "uuid": uuid, "actions": group})
    return found


def _changed(
    finding: Finding, draft: Mapping[str, Any], wording: Wording, style: Style, namespace: UUID
) -> list[dict[str, Any]]:
    """The draft with another dose; a client that takes no update gets it as a new draft."""
    resource = changed_dose(finding, draft)
    if resource is None or not resource.get("id"):
        return []
    dose = dose_label(finding, wording)
    action = {
        "type": "update",
        "description": wording.say("text.change-dose-draft", drug=finding.drug.name, dose=dose),
        "resource": resource,
    }
    actions = [action]
    if style is Style.SEPARATE:
        del resource["id"]
        actions = [_delete(finding, wording), {**action, "type": "create"}]
    return _offers(wording.say("text.change-dose", dose=dose), "dose", actions, style, namespace)


def _delete(finding: Finding, wording: Wording) -> dict[str, Any]:
    return {
        "type": "delete",
        "description": wording.say("text.delete-order", drug=finding.drug.name),
        "resourceId": finding.order.reference,
    }


def _for_the_order(finding: Finding) -> tuple[Choice, ...]:
    """
    The replacements of the order itself.

    Another drug is running and cannot be changed from a draft: what replaces that one goes on no button.
    """
    if finding.action is not Action.SWITCH_COMEDICATION:
        return finding.offered
    way = finding.other_way
    return way.offered if way is not None and way.drug == finding.drug.name else ()


def medication_of(choice: Choice) -> dict[str, Any]:
    """The drug of a replacement as a CodeableConcept; `text` is always there."""
    alternative = choice.alternative
    coding = []
    if alternative.rxcuis:
        coding.append({"system": RXNORM, "code": alternative.rxcuis[0], "display": alternative.name})
    elif alternative.atc:
        coding.append({"system": ATC, "code": alternative.atc, "display": alternative.name})
    return {"coding": coding, "text": alternative.name} if coding else {"text": alternative.name}


def _replace(
    choice: Choice, finding: Finding, draft: Mapping[str, Any], wording: Wording, style: Style
) -> list[dict[str, Any]]:
    resource: dict[str, Any] = {"resourceType": "MedicationRequest", "status": "draft", "intent": "order"}
    resource.update({key: draft[key] for key in _KEPT if draft.get(key)})
    resource["medicationCodeableConcept"] = medication_of(choice)
    name = choice.alternative.name
    if style is Style.UPDATE:
        resource["id"] = draft["id"]
        description = wording.say("text.update-order", drug=name)
        return [{"type": "update", "description": description, "resource": resource}]
    create = {
        "type": "create",
        "description": wording.say("text.create-order", drug=name),
        "resource": resource,
    }
    return [_delete(finding, wording), create]


def _once(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Single actions: the delete is the same for every replacement and stands once."""
    seen: set[str] = set()
    kept = []
    for suggestion in found:
        action = suggestion["actions"][0]
        key = action.get("resourceId") or suggestion["uuid"]
        if key not in seen:
            kept.append(suggestion)
            seen.add(key)
    return kept


def _service(code: str, name: str, draft: Mapping[str, Any]) -> dict[str, Any]:
    """A test as a draft order for the person of the draft."""
    resource: dict[str, Any] = {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "order",
        "code": {"coding": [{"system": LOINC, "code": code, "display": name}], "text": name},
        "subject": draft.get("subject", {}),
    }
    resource.update({key: draft[key] for key in ("encounter", "requester") if draft.get(key)})
    return resource


def _follow_up(
    finding: Finding, draft: Mapping[str, Any], wording: Wording, namespace: UUID
) -> list[dict[str, Any]]:
    """The tests an advice asks for while the drug is taken, each by itself; the day is the prescriber's."""
    return [
        {
            "label": wording.say("text.order-follow-up", what=wording.say(f"watch.{asked.what}")),
            "uuid": str(uuid5(namespace, f"follow-up/{asked.what}")),
            "actions": [
                {
                    "type": "create",
                    "description": wording.say("text.create-test", test=asked.name),
                    "resource": _service(asked.code, asked.name, draft),
                }
            ],
        }
        for asked in finding.follow_up
    ]


def _test(
    finding: Finding, draft: Mapping[str, Any], wording: Wording, namespace: UUID
) -> list[dict[str, Any]]:
    """The missing test as an order the prescriber can place."""
    if finding.pretest is None or finding.pretest.test is None:
        return []
    code, name = finding.pretest.test
    resource = _service(code, name, draft)
    genes = wording.join(finding.pretest.genes, "list-and")
    return [
        {
            "label": wording.say("text.order-test", genes=genes),
            "uuid": str(uuid5(namespace, f"test/{code}")),
            "actions": [
                {
                    "type": "create",
                    "description": wording.say("text.create-test", test=name),
                    "resource": resource,
                }
            ],
        }
    ]
