"""What makes a hook request usable, and what each unusable one is told."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.core.errors import InputError
from cds_service.hooks.request import Authorization, parse_request

INSTANCE = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
DRAFT = {"resourceType": "MedicationRequest", "id": "rx0", "subject": {"reference": "Patient/p1"}}
SERVER = "https://ehr.example.org/fhir"
AUTHORIZATION = {"access_token": "tok-secret", "token_type": "Bearer", "expires_in": 300, "subject": "us"}

# The envelope as the specification describes it, for the contract test below.
SCHEMA = {
    "type": "object",
    "required": ["hook", "hookInstance", "context"],
    "dependentRequired": {"fhirAuthorization": ["fhirServer"]},
    "properties": {
        "hook": {"const": "order-select"},
        "hookInstance": {"type": "string", "pattern": "^[0-9a-fA-F-]{36}$"},
        "fhirServer": {"type": "string", "minLength": 1},
        "fhirAuthorization": {
            "type": "object",
            "required": ["access_token"],
            "properties": {"access_token": {"type": "string", "minLength": 1}},
        },
        "prefetch": {"type": "object"},
        "extension": {"type": "object"},
        "context": {
            "type": "object",
            "required": ["userId", "patientId", "selections", "draftOrders"],
            "properties": {
                "userId": {"type": "string", "minLength": 1},
                "patientId": {"type": "string", "minLength": 1},
                "encounterId": {"type": "string", "minLength": 1},
                "selections": {"type": "array", "items": {"type": "string"}},
                "draftOrders": {"type": "object", "properties": {"entry": {"type": "array"}}},
            },
        },
    },
}


def body(**changes: Any) -> dict[str, Any]:
    """A complete order-select request; a change to `None` leaves the field out, `context__x` goes inside."""
    request: dict[str, Any] = {
        "hook": "order-select",
        "hookInstance": INSTANCE,
        "context": {
            "userId": "Practitioner/1",
            "patientId": "p1",
            "encounterId": "e1",
            "selections": ["MedicationRequest/rx0"],
            "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": DRAFT}]},
        },
    }
    for name, value in changes.items():
        place, _, field = name.rpartition("__")
        target = request[place] if place else request
        if value is None:
            target.pop(field, None)
        else:
            target[field] = value
    return request


def drafts(*entries: Any) -> dict[str, Any]:
    return body(context__draftOrders={"resourceType": "Bundle", "entry": list(entries)})


def refused(document: object, hook: str = "order-select") -> InputError:
    with pytest.raises(InputError) as error:
        parse_request(document, hook)
    return error.value


def test_a_complete_request_becomes_a_value() -> None:
    document = body(
        fhirServer=f"{SERVER}/",
        fhirAuthorization={**AUTHORIZATION, "patient": "p1", "scope": "patient/*.rs"},
        prefetch={"patient": None, "results": {"resourceType": "Bundle"}},
        extension={"org.example": 1},
    )
    request = parse_request(json.dumps(document).encode(), "order-select")
    assert (request.hook, request.hook_instance) == ("order-select", INSTANCE)
    assert (request.patient_id, request.user_id, request.encounter_id) == ("p1", "Practitioner/1", "e1")
    assert request.draft_orders == (DRAFT,)
    assert request.selections == frozenset({"MedicationRequest/rx0"})
    assert request.fhir_server == SERVER
    assert request.authorization == Authorization("tok-secret", "patient/*.rs", "p1")
    assert request.prefetch == {"patient": None, "results": {"resourceType": "Bundle"}}
    assert request.extension == {"org.example": 1}


def test_what_is_optional_may_be_missing_or_null() -> None:
    document = body(context__encounterId=None)
    document.update(prefetch=None, extension=None, fhirServer=None, fhirAuthorization=None)
    request = parse_request(document, "order-select")
    assert (request.encounter_id, request.fhir_server, request.authorization) == (None, None, None)
    assert (request.prefetch, request.extension) == ({}, {})


@pytest.mark.parametrize("form", [bytes, bytearray, memoryview], ids=lambda form: form.__name__)
def test_every_kind_of_bytes_is_read(form: type) -> None:
    assert parse_request(form(json.dumps(body()).encode()), "order-select").patient_id == "p1"


def test_unknown_fields_are_ignored() -> None:
    assert parse_request(body(future=1, context__future={"x": []}), "order-select").patient_id == "p1"


def test_order_sign_needs_no_selections() -> None:
    request = parse_request(body(hook="order-sign", context__selections=None), "order-sign")
    assert (request.selections, request.draft_orders) == (None, (DRAFT,))


def test_patient_view_has_no_orders() -> None:
    document = body(hook="patient-view", context__selections=None, context__draftOrders=None)
    request = parse_request(document, "patient-view")
    assert (request.selections, request.draft_orders) == (None, ())


# -- the envelope --


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"\xff", b"{'hook': 1}", b'{"a": NaN}', b'{"a": "\xed\xa0\x80"}', "nul"]
)
def test_what_is_not_json_is_refused(raw: object) -> None:
    assert "not valid JSON" in str(refused(raw))


@pytest.mark.parametrize("raw", [b"[]", b'"x"', b"null", b"1", None, []])
def test_what_is_no_object_is_refused(raw: object) -> None:
    assert "must be a JSON object" in str(refused(raw))


WRONG_FIELDS = [
    ("hook", 1, "hook"),
    ("hook", None, "hook"),
    ("hook", "patient-view", "hook"),
    ("hookInstance", None, "hookInstance"),
    ("hookInstance", 7, "hookInstance"),
    ("hookInstance", "", "hookInstance"),
    ("hookInstance", f"{INSTANCE}0", "hookInstance"),
    ("hookInstance", INSTANCE.replace("-", ""), "hookInstance"),
    ("context", None, "context"),
    ("context", [], "context"),
    ("context__userId", None, "context.userId"),
    ("context__userId", " ", "context.userId"),
    ("context__userId", {}, "context.userId"),
    ("context__patientId", None, "context.patientId"),
    ("context__patientId", "", "context.patientId"),
    ("context__patientId", " ", "context.patientId"),
    ("context__patientId", "Patient/", "context.patientId"),
    ("context__patientId", 12, "context.patientId"),
    ("context__patientId", "p1/../p2", "context.patientId"),
    ("context__patientId", "..", "context.patientId"),
    ("context__patientId", "p1&patient=p2", "context.patientId"),
    ("context__patientId", "p1?x", "context.patientId"),
    ("context__encounterId", 5, "context.encounterId"),
    ("context__encounterId", "e1/x", "context.encounterId"),
    ("context__selections", None, "context.selections"),
    ("context__selections", "MedicationRequest/rx0", "context.selections"),
    ("context__selections", [1], "context.selections"),
    ("context__draftOrders", None, "context.draftOrders"),
    ("context__draftOrders", [], "context.draftOrders"),
    ("context__draftOrders", {"resourceType": "Patient"}, "context.draftOrders"),
    ("context__draftOrders", {"entry": {}}, "context.draftOrders.entry"),
    ("fhirServer", 1, "fhirServer"),
    ("prefetch", [], "prefetch"),
    ("extension", "x", "extension"),
]


@pytest.mark.parametrize(("field", "value", "location"), WRONG_FIELDS)
def test_a_missing_or_wrong_field_is_named(field: str, value: Any, location: str) -> None:
    assert refused(body(**{field: value})).location == location


@pytest.mark.parametrize("field", ["draftOrders", "selections"])
def test_a_stripped_request_is_told_why_that_may_be(field: str) -> None:
    message = str(refused(body(**{f"context__{field}": None})))
    assert "scopes" in message
    assert "URL" in message


def test_deep_nesting_is_refused_at_the_edge() -> None:
    def nested(levels: int) -> dict[str, Any]:
        deep: Any = []
        for _ in range(levels - 2):
            deep = [deep]
        return body(extra=deep)

    assert parse_request(nested(64), "order-select").patient_id == "p1"
    assert "64" in str(refused(nested(65)))
    assert "JSON" in str(refused(b'{"a":' * 5_000 + b"1" + b"}" * 5_000))


# -- ids and references --


@pytest.mark.parametrize("value", ["p1", "Patient/p1", " p1 "])
def test_a_type_before_the_patient_id_is_cut(value: str) -> None:
    assert parse_request(body(context__patientId=value), "order-select").patient_id == "p1"


def test_a_type_before_the_encounter_id_is_cut() -> None:
    assert parse_request(body(context__encounterId="Encounter/e9"), "order-select").encounter_id == "e9"


@pytest.mark.parametrize(
    "selection",
    ["MedicationRequest/rx0", "rx0", f"{SERVER}/MedicationRequest/rx0", "MedicationRequest/rx0/_history/1"],
)
def test_a_selection_is_found_however_it_is_written(selection: str) -> None:
    request = parse_request(body(context__selections=[selection]), "order-select")
    assert request.selections == frozenset({"MedicationRequest/rx0"})


def test_a_selection_that_names_no_draft_is_no_error() -> None:
    request = parse_request(body(context__selections=["ServiceRequest/s1", "x"]), "order-select")
    assert request.selections == frozenset({"ServiceRequest/s1", "x"})


# -- drafts --


def test_a_bundle_without_type_or_entries_has_no_drafts() -> None:
    assert parse_request(body(context__draftOrders={"id": "b"}), "order-select").draft_orders == ()


@pytest.mark.parametrize(
    "entry",
    [
        None,
        1,
        [],
        {},
        {"resource": None},
        {"resource": "x"},
        {"resource": {}},
        {"resource": {"resourceType": 3}},
    ],
)
def test_an_unreadable_draft_is_counted_and_the_others_are_kept(entry: Any) -> None:
    request = parse_request(drafts({"resource": DRAFT}, entry, {"resource": DRAFT}), "order-select")
    assert request.draft_orders == (DRAFT, DRAFT)
    assert request.unreadable_drafts == (1,)


def test_other_resources_among_the_drafts_are_kept() -> None:
    medication = {"resourceType": "Medication", "id": "m1"}
    request = parse_request(drafts({"resource": DRAFT}, {"resource": medication}), "order-select")
    assert request.draft_orders == (DRAFT, medication)


@pytest.mark.parametrize("url", ["urn:uuid:abc-1", f"{SERVER}/MedicationRequest/abc-1"])
def test_a_draft_without_id_takes_that_of_its_full_url(url: str) -> None:
    resource = {"resourceType": "MedicationRequest"}
    request = parse_request(drafts({"fullUrl": url, "resource": resource}), "order-select")
    assert request.draft_orders == ({"resourceType": "MedicationRequest", "id": "abc-1"},)
    assert resource == {"resourceType": "MedicationRequest"}


@pytest.mark.parametrize(
    "subject",
    [
        {"reference": "Patient/p1"},
        {"reference": f"{SERVER}/Patient/p1"},
        {"reference": "https://proxy.example.org/Patient/x/Patient/p1/_history/4"},
        {"reference": "#contained"},
        {"reference": "urn:uuid:p2"},
        {"reference": "Group/g"},
        {"reference": None},
        {"identifier": {"value": "p2"}},
        [{"reference": "Patient/p2"}],
        "Patient/p2",
        {},
    ],
    ids=str,
)
def test_a_draft_for_this_patient_or_for_nobody_named_is_accepted(subject: Any) -> None:
    request = parse_request(drafts({"resource": {**DRAFT, "subject": subject}}), "order-select")
    assert len(request.draft_orders) == 1


@pytest.mark.parametrize("reference", ["Patient/p2", f"{SERVER}/Patient/p2", "Patient/p10", "Patient/P1"])
@pytest.mark.parametrize("field", ["subject", "patient"])
def test_a_draft_for_another_patient_is_refused(field: str, reference: str) -> None:
    other = {"resourceType": "ServiceRequest", "id": "s1", field: {"reference": reference}}
    error = refused(drafts({"resource": DRAFT}, {"resource": other}))
    assert error.location == "context.draftOrders.entry[1].resource"


# -- prefetch and authorization --


@pytest.mark.parametrize("key", ["patient", "patient-renamed"])
def test_a_prefetched_patient_who_is_somebody_else_is_refused(key: str) -> None:
    assert refused(body(prefetch={key: {"resourceType": "Patient", "id": "p2"}})).location == "prefetch"


def test_a_prefetched_result_of_somebody_else_is_no_reason_to_refuse() -> None:
    result = {"resourceType": "Observation", "subject": {"reference": "Patient/p2"}}
    value = {"resourceType": "Bundle", "entry": [{"resource": result}]}
    assert parse_request(body(prefetch={"results": value}), "order-select").prefetch == {"results": value}


WRONG_AUTHORIZATIONS = [
    ({"access_token": None}, "fhirAuthorization.access_token"),
    ({"access_token": ""}, "fhirAuthorization.access_token"),
    ({"access_token": "a b"}, "fhirAuthorization.access_token"),
    ({"access_token": "a\r\nX: y"}, "fhirAuthorization.access_token"),
    ({"access_token": "töken"}, "fhirAuthorization.access_token"),
    ({"token_type": "MAC"}, "fhirAuthorization.token_type"),
    ({"patient": "p2"}, "fhirAuthorization.patient"),
    ({"patient": ["p1"]}, "fhirAuthorization.patient"),
]


@pytest.mark.parametrize(("change", "location"), WRONG_AUTHORIZATIONS)
def test_an_unusable_authorization_is_refused(change: dict[str, Any], location: str) -> None:
    document = body(fhirServer=SERVER, fhirAuthorization={**AUTHORIZATION, **change})
    assert refused(document).location == location


def test_an_authorization_without_server_is_refused() -> None:
    assert refused(body(fhirAuthorization=AUTHORIZATION)).location == "fhirServer"


@pytest.mark.parametrize(
    "change", [{"scope": 5}, {"expires_in": "300"}, {"token_type": "bearer"}, {"subject": None}]
)
def test_small_slips_in_the_authorization_do_not_matter(change: dict[str, Any]) -> None:
    document = body(fhirServer=SERVER, fhirAuthorization={**AUTHORIZATION, **change})
    authorization = parse_request(document, "order-select").authorization
    assert authorization is not None
    assert authorization.access_token == "tok-secret"


def test_a_server_without_authorization_is_accepted() -> None:
    request = parse_request(body(fhirServer=SERVER), "order-select")
    assert (request.fhir_server, request.authorization) == (SERVER, None)


# -- what must not show --


def test_the_repr_shows_no_token_person_or_data() -> None:
    document = body(
        context__patientId="secret-p",
        context__userId="Practitioner/secret-u",
        context__draftOrders={
            "entry": [{"resource": {"resourceType": "MedicationRequest", "id": "secret-d"}}]
        },
        context__selections=["secret-s"],
        fhirServer=SERVER,
        fhirAuthorization={**AUTHORIZATION, "patient": "secret-p"},
        prefetch={"a": "secret-x"},
        extension={"a": "secret-y"},
    )
    assert "secret" not in repr(parse_request(document, "order-select"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hook", "secret"),
        ("hookInstance", "secret"),
        ("context", "secret"),
        ("context__userId", {"secret": 1}),
        ("context__patientId", "../secret"),
        ("context__encounterId", "../secret"),
        ("context__selections", "secret"),
        ("context__draftOrders", "secret"),
        ("context__draftOrders", {"entry": "secret"}),
        (
            "context__draftOrders",
            {"entry": [{"resource": {**DRAFT, "subject": {"reference": "Patient/secret"}}}]},
        ),
        ("fhirServer", ["secret"]),
        ("prefetch", "secret"),
        ("prefetch", {"secret": {"resourceType": "Patient", "id": "secret"}}),
        ("extension", "secret"),
        ("fhirAuthorization", "secret"),
        ("fhirAuthorization", {"access_token": "secret secret"}),
        ("fhirAuthorization", {"access_token": "secret", "token_type": "secret"}),
        ("fhirAuthorization", {"access_token": "secret", "patient": "secret"}),
    ],
)
def test_messages_never_show_a_value(field: str, value: Any) -> None:
    error = refused(body(**{"fhirServer": SERVER, field: value}))
    assert "secret" not in f"{error} {error.location}"


def test_the_text_of_broken_json_is_not_kept_with_the_error() -> None:
    error = refused(b'{"name": "secret')
    assert (error.__cause__, error.__context__) == (None, None)


# -- the contract --

JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=5),
    st.just([]),
    st.just({}),
    st.lists(st.text(max_size=3)),
)
PLACES = st.sampled_from(
    [("hook",), ("hookInstance",), ("context",), ("prefetch",), ("extension",), ("fhirServer",), ("other",)]
    + [
        ("context", name)
        for name in ("userId", "patientId", "encounterId", "selections", "draftOrders", "other")
    ]
    + [("context", "draftOrders", "entry"), ("context", "draftOrders", "entry", 0)]
    + [("fhirAuthorization",), ("fhirAuthorization", "access_token")]
)


@given(st.lists(st.tuples(PLACES, JUNK), max_size=3))
def test_what_is_accepted_fits_the_specification_and_nothing_else_is_raised(
    changes: list[tuple[tuple[Any, ...], Any]],
) -> None:
    document = copy.deepcopy(body(fhirServer=SERVER, fhirAuthorization=AUTHORIZATION))
    for place, value in changes:
        _put(document, place, value)
    try:
        parse_request(json.dumps(document), "order-select")
    except InputError:
        return
    jsonschema.validate(_without_empty(document), SCHEMA)


def _put(document: dict[str, Any], place: tuple[Any, ...], value: Any) -> None:
    target: Any = document
    for step in place[:-1]:
        if (
            not isinstance(target, (dict, list))
            or not target
            or (isinstance(target, dict) and step not in target)
        ):
            return
        target = target[step]
    if isinstance(target, dict) or (isinstance(target, list) and target):
        if isinstance(target, list) and not isinstance(place[-1], int):
            return
        target[place[-1]] = value


def _without_empty(document: dict[str, Any]) -> dict[str, Any]:
    """Optional fields that are null or empty count as left out."""
    optional = ("prefetch", "extension", "fhirServer", "fhirAuthorization", "encounterId")
    kept = {name: value for name, value in document.items() if value or name not in optional}
    context = {name: value for name, value in kept["context"].items() if value or name not in optional}
    if isinstance(context["draftOrders"], dict) and context["draftOrders"].get("entry") is None:
        context["draftOrders"].pop("entry", None)
    return {**kept, "context": context}
