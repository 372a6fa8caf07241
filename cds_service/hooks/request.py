"""The CDS Hooks request: checked once, then a value that cannot be wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from cds_service.core.errors import InputError
from cds_service.fhir.search import is_id
from cds_service.hooks.depth import is_deeper_than
from cds_service.hooks.doubled import has_doubled_names
from cds_service.hooks.references import is_about_another, local
from cds_service.hooks.structure import structure_of

Resource = Mapping[str, Any]

#: Hooks whose context brings draft orders.
ORDER_HOOKS = frozenset({"order-select", "order-sign"})
#: No FHIR resource is nested like that, and readers that recurse could not follow.
_DEEPEST = 64
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TOKEN = re.compile(r"[\x21-\x7e]+")
_STRIPPED = (
    "An EHR may leave it out when the client's scopes do not cover unsigned orders, or when the registered "
    "service URL differs from the one called: check the registration."
)


@dataclass(frozen=True, slots=True)
class Authorization:
    """
    Access to the EHR's FHIR server for the time of this call.

    Args:
        access_token: Bearer token; transient, never logged or stored, and not in the repr.
        scope: Scopes as the EHR writes them, a hint at most.
        patient: The only patient the token is good for; None if it is not limited.
    """

    access_token: str = field(repr=False)
    scope: str = ""
    patient: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class HookRequest:
    """
    One hook call. What names a person or carries data is left out of the repr.

    Args:
        hook: `order-select`, `order-sign` or `patient-view`.
        hook_instance: UUID of the call.
        patient_id: Plain id.
        user_id: `Practitioner/1` as a rule.
        encounter_id: Plain id; None outside an encounter.
        draft_orders: All readable resources of the Bundle, also those that are no medication orders.
        unreadable_drafts: Positions of Bundle entries without a readable resource.
        selections: `Type/id` of the drafts just picked; None where the hook has no selection.
        fhir_server: Base URL without a slash at the end. Nothing has checked yet whether it may be called.
        authorization: None if the call brought no token.
        prefetch: Answers by key, as they came.
        extension: As it came.
        caller: Issuer of the call's own token, as far as it was checked; blank if nobody knows who calls.
        tenant: The organisation inside the caller; blank if it has none.
    """

    hook: str
    hook_instance: str
    patient_id: str = field(repr=False)
    user_id: str = field(repr=False)
    encounter_id: str | None = field(default=None, repr=False)
    draft_orders: tuple[Resource, ...] = field(default=(), repr=False)
    unreadable_drafts: tuple[int, ...] = ()
    selections: frozenset[str] | None = field(default=None, repr=False)
    fhir_server: str | None = None
    authorization: Authorization | None = None
    prefetch: Mapping[str, Any] = field(default_factory=dict, repr=False)
    extension: Mapping[str, Any] = field(default_factory=dict, repr=False)
    caller: str = ""
    tenant: str = ""


def parse_request(body: object, hook: str) -> HookRequest:
    """
    Check a request body.

    Unknown fields are ignored. FHIR inside is not validated: EHRs send much that strict models refuse.

    Args:
        body: The bytes or text of a JSON document, or the object it stands for.
        hook: The hook of the service that was called.

    Raises:
        InputError: The request breaks CDS Hooks, or mixes two patients. The message never shows a value.
    """
    text = _as_bytes(body)
    document = body if text is None else _json(text)
    if not isinstance(document, dict):
        raise InputError("the request body must be a JSON object")
    structure = None if text is None else structure_of(text)
    if is_deeper_than(_DEEPEST, document, structure):
        raise InputError(f"the request is nested deeper than {_DEEPEST} levels")
    if structure is not None and has_doubled_names(structure, document):
        raise InputError("the request names a field twice in the same object")
    _check_hook(document, hook)
    context = _object(document, "context", "context")
    patient_id = _plain_id(context, "patientId", "Patient")
    if patient_id is None:
        raise InputError("the field is required and must not be empty", "context.patientId")
    drafts, unreadable = _drafts(context, hook, patient_id)
    return HookRequest(
        hook=hook,
        hook_instance=_hook_instance(document),
        patient_id=patient_id,
        user_id=_text(context, "userId", "context.userId"),
        encounter_id=_plain_id(context, "encounterId", "Encounter"),
        draft_orders=drafts,
        unreadable_drafts=unreadable,
        selections=_selections(context, drafts) if hook == "order-select" else None,
        fhir_server=_fhir_server(document),
        authorization=_authorization(document, patient_id),
        prefetch=_prefetch(document, patient_id),
        extension=_optional_object(document, "extension"),
    )


def _as_bytes(body: object) -> bytes | None:
    if isinstance(body, str):
        return body.encode("utf8", "surrogatepass")
    return bytes(body) if isinstance(body, (bytes, bytearray, memoryview)) else None


def _json(text: bytes) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass  # raised below, outside the handler: the parser's error holds the document
    raise InputError("the request body is not valid JSON")


def _check_hook(document: Mapping[str, Any], hook: str) -> None:
    if _text(document, "hook", "hook") != hook:
        raise InputError(f"this service answers the hook {hook} only", "hook")


def _hook_instance(document: Mapping[str, Any]) -> str:
    value = _text(document, "hookInstance", "hookInstance")
    if not _UUID.fullmatch(value):
        raise InputError("the field must be a UUID", "hookInstance")
    return value


# -- context --


def _drafts(
    context: Mapping[str, Any], hook: str, patient_id: str
) -> tuple[tuple[Resource, ...], tuple[int, ...]]:
    """The resources of `draftOrders`, and the positions of entries that hold none."""
    if hook not in ORDER_HOOKS:
        return (), ()
    readable, unreadable = [], []
    for position, entry in enumerate(_draft_entries(context)):
        resource = _draft(entry)
        if resource is None:
            unreadable.append(position)
            continue
        if is_about_another(resource, patient_id):
            raise InputError(
                "a draft order is for another patient than context.patientId",
                f"context.draftOrders.entry[{position}].resource",
            )
        readable.append(resource)
    return tuple(readable), tuple(unreadable)


def _draft_entries(context: Mapping[str, Any]) -> list[Any]:
    where = "context.draftOrders"
    bundle = context.get("draftOrders")
    if bundle is None:
        raise InputError(f"the field is required. {_STRIPPED}", where)
    if not isinstance(bundle, dict) or bundle.get("resourceType", "Bundle") != "Bundle":
        raise InputError("the field must be a FHIR Bundle", where)
    entries = bundle.get("entry")
    if entries is not None and not isinstance(entries, list):
        raise InputError("the field must be an array", f"{where}.entry")
    return entries or []


def _draft(entry: object) -> Resource | None:
    """The resource of a Bundle entry, with the id of its `fullUrl` if it has none; None: unreadable."""
    resource = entry.get("resource") if isinstance(entry, dict) else None
    if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
        return None
    url = entry.get("fullUrl") if isinstance(entry, dict) else None
    if "id" in resource or not isinstance(url, str):
        return resource
    return {**resource, "id": re.split(r"[/:]", url)[-1]}


def _selections(context: Mapping[str, Any], drafts: tuple[Resource, ...]) -> frozenset[str]:
    """The selected drafts as `Type/id`; entries that name no draft stay and match nothing."""
    where = "context.selections"
    listed = context.get("selections")
    if listed is None:
        raise InputError(f"the field is required. {_STRIPPED}", where)
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        raise InputError("the field must be an array of references", where)
    # Some clients send the bare id.
    idents = [(draft["resourceType"], draft.get("id")) for draft in drafts]
    by_id = {ident: f"{kind}/{ident}" for kind, ident in idents if isinstance(ident, str)}
    return frozenset(by_id.get(item) or local(item) for item in listed)


def _plain_id(context: Mapping[str, Any], name: str, kind: str) -> str | None:
    """An id without the type that some clients put before it; None if it is missing or empty."""
    where = f"context.{name}"
    value = context.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise InputError("the field must be a string", where)
    ident = value.strip().removeprefix(f"{kind}/")
    if ident and not is_id(ident):
        raise InputError("the field must be a plain FHIR id", where)
    return ident or None


# -- data and access --


def _fhir_server(document: Mapping[str, Any]) -> str | None:
    value = document.get("fhirServer")
    if value is not None and not isinstance(value, str):
        raise InputError("the field must be a URL", "fhirServer")
    return value.rstrip("/") or None if value else None


def _authorization(document: Mapping[str, Any], patient_id: str) -> Authorization | None:
    where = "fhirAuthorization"
    given = _optional_object(document, where)
    if not given:
        return None
    if not document.get("fhirServer"):
        raise InputError("the field is required beside fhirAuthorization", "fhirServer")
    token = _text(given, "access_token", f"{where}.access_token")
    if not _TOKEN.fullmatch(token):
        raise InputError("the field is no bearer token", f"{where}.access_token")
    kind = given.get("token_type", "Bearer")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise InputError("the field must be Bearer", f"{where}.token_type")
    scope = given.get("scope")
    return Authorization(token, scope if isinstance(scope, str) else "", _token_patient(given, patient_id))


def _token_patient(given: Mapping[str, Any], patient_id: str) -> str | None:
    patient = given.get("patient")
    if patient is None or patient == "":
        return None
    if not isinstance(patient, str) or patient not in (patient_id, f"Patient/{patient_id}"):
        raise InputError(
            "the access token is for another patient than context.patientId", "fhirAuthorization.patient"
        )
    return patient_id


def _prefetch(document: Mapping[str, Any], patient_id: str) -> Mapping[str, Any]:
    prefetch = _optional_object(document, "prefetch")
    people = [v for v in prefetch.values() if isinstance(v, dict) and v.get("resourceType") == "Patient"]
    if any(is_about_another(person, patient_id) for person in people):
        raise InputError("the Patient resource is not the one of context.patientId", "prefetch")
    return prefetch


# -- single fields --


def _object(parent: Mapping[str, Any], name: str, where: str) -> dict[str, Any]:
    value = parent.get(name)
    if not isinstance(value, dict):
        raise InputError("the field is required and must be an object", where)
    return value


def _optional_object(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The object in a field; empty if the field is missing or null."""
    value = document.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InputError("the field must be an object", name)
    return value


def _text(parent: Mapping[str, Any], name: str, where: str) -> str:
    value = parent.get(name)
    if not isinstance(value, str) or not value.strip():
        raise InputError("the field is required and must be a non-empty string", where)
    return value
