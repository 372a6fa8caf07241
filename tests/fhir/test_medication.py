"""A MedicationRequest in every shape an EHR sends, read with the shipped drug codes."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.core.delivery import Delivery
from cds_service.core.drug_codes import DrugCodes
from cds_service.core.model import (
    Administration,
    Coding,
    DailyDose,
    Identification,
    Ingredient,
    Notice,
    Order,
)
from cds_service.curation.drug_codes import load_drug_codes
from cds_service.fhir.medication import (
    OrderReading,
    identify_concept,
    identify_medication,
    index_medications,
    read_order,
)

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
RXNORM_OID = "urn:oid:2.16.840.1.113883.6.88"
ATC = "http://www.whocc.no/atc"
CODES = load_drug_codes(Path(__file__).resolve().parents[2] / "knowledge" / "rxnorm")
DAILY = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}


def coded(*codes: str, system: str = RXNORM, text: str = "") -> dict[str, Any]:
    concept: dict[str, Any] = {"coding": [{"system": system, "code": code} for code in codes]}
    return {**concept, "text": text} if text else concept


def request(**content: object) -> dict[str, Any]:
    return {"resourceType": "MedicationRequest", "id": "rx1", "status": "draft", "intent": "order", **content}


def reading_of(resource: dict[str, Any], *medications: object) -> OrderReading:
    reading = read_order(resource, drug_codes=CODES, medications=index_medications(*medications))
    assert reading is not None
    return reading


def order_of(*medications: object, **content: object) -> Order:
    return reading_of(request(**content), *medications).order


def names(order: Order) -> set[str]:
    return {ingredient.name for ingredient in order.ingredients}


def medication(identifier: str = "med", **content: object) -> dict[str, Any]:
    return {"resourceType": "Medication", "id": identifier, **content}


# -- what is an order ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "resource",
    [
        {"resourceType": "MedicationOrder", "id": "1", "medicationCodeableConcept": coded("309362")},
        {"resourceType": "ServiceRequest", "id": "1"},
        {"resourceType": "NutritionOrder"},
        medication(),
        {},
        request(medicationCodeableConcept=coded("309362"), doNotPerform=True),
        request(medicationCodeableConcept=coded("309362"), status="entered-in-error"),
    ],
)
def test_other_resources_are_no_orders(resource: dict[str, Any]) -> None:
    assert read_order(resource, drug_codes=CODES) is None


@pytest.mark.parametrize("resource", [None, [], "MedicationRequest", 1])
def test_what_is_no_object_is_no_order(resource: Any) -> None:
    assert read_order(resource, drug_codes=CODES) is None


@pytest.mark.parametrize("concept", [None, {}, [], "", {"text": " "}, {"coding": [{"system": RXNORM}]}])
def test_an_order_before_a_drug_is_picked_has_no_drug(concept: object) -> None:
    expected = OrderReading(Order("MedicationRequest/rx1"))
    assert reading_of(request()) == expected
    assert reading_of(request(medicationCodeableConcept=concept)) == expected


def test_an_order_without_id_has_no_reference() -> None:
    reading = read_order({"resourceType": "MedicationRequest"}, drug_codes=CODES)
    assert reading == OrderReading(Order(""))


def test_the_order_of_the_public_sandbox() -> None:
    """One RxNorm coding of 2018, a dose in pills, reason and category as single objects."""
    name = "clopidogrel 75 MG Oral Tablet"
    reading = reading_of(
        request(
            id="request-123",
            category={"coding": [{"code": "community"}]},
            medicationCodeableConcept={
                "text": name,
                "coding": [{"display": name, "system": RXNORM, "code": "309362"}],
            },
            dosageInstruction=[
                {
                    "timing": DAILY,
                    "doseAndRate": [
                        {
                            "doseQuantity": {
                                "value": 1,
                                "system": "http://unitsofmeasure.org",
                                "code": "{pill}",
                            }
                        }
                    ],
                }
            ],
            reasonCode={
                "coding": {"system": "http://snomed.info/sct", "code": "394659003"},
                "text": "Acute Coronary Syndrome",
            },
        )
    )
    clopidogrel, dose = Ingredient("clopidogrel", "32968"), DailyDose(Decimal(75), "mg", Decimal(75))
    order = Order(
        reference="MedicationRequest/request-123",
        ingredients=(clopidogrel,),
        identified_by=Identification.RXNORM,
        label=name,
        routes=frozenset({"oral"}),
        dose=dose,
        administration=Administration(Decimal(75), "mg", 1),
        delivery=Delivery((Decimal(75),), others=(Decimal(300),)),
        reasons=frozenset({Coding("snomed", "394659003")}),
        reason_texts=("acute coronary syndrome",),
    )
    assert reading == OrderReading(order, ingredient_doses=((clopidogrel, dose),))


# -- the drug --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "concept",
    [
        coded("103", "197931"),
        coded("197931", "103"),
        coded("103", "197931", system=RXNORM_OID),
        coded("197931", system="2.16.840.1.113883.6.88"),
        [coded("103"), coded("197931")],
        {"coding": {"system": RXNORM, "code": 197931}},
        {
            "coding": [
                {"system": "urn:oid:2.16.840.1.113883.6.253", "code": "97725"},
                {"system": RXNORM_OID, "code": "197931"},
            ]
        },
    ],
)
def test_all_codings_of_a_drug_are_read(concept: object) -> None:
    order = order_of(medicationCodeableConcept=concept)
    assert order.ingredients == (Ingredient("mercaptopurine", "103"),)
    assert order.identified_by is Identification.RXNORM


def test_ingredient_salt_and_clinical_drug_side_by_side_are_one_drug() -> None:
    reading = reading_of(request(medicationCodeableConcept=coded("3289", "102490", "1090496")))
    assert (names(reading.order), reading.notices) == ({"dextromethorphan"}, ())


def test_codings_that_contradict_each_other_are_a_notice() -> None:
    reading = reading_of(request(medicationCodeableConcept=coded("309362", "36567")))
    assert names(reading.order) == {"clopidogrel", "simvastatin"}
    assert reading.notices == (Notice.of("drug-codings-disagree", drugs="clopidogrel, simvastatin"),)


def test_a_drug_without_rxnorm_code_goes_by_atc() -> None:
    order = order_of(medicationCodeableConcept=coded("J01GB10", system=ATC, text="ribostamycin"))
    assert order.ingredients == (Ingredient("ribostamycin", None),)
    assert (order.identified_by, order.label) == (Identification.ATC, "ribostamycin")


def test_a_name_is_the_last_resort() -> None:
    order = order_of(medicationCodeableConcept={"text": "MERCAPTOPURINE 50 MG PO TABS"})
    assert (names(order), order.identified_by) == ({"mercaptopurine"}, Identification.TEXT)


def test_a_display_is_a_name_too() -> None:
    concept = {"coding": [{"system": "http://example.org", "code": "1", "display": "Tramadol 50 mg"}]}
    order = order_of(medicationCodeableConcept=concept)
    assert (names(order), order.label) == ({"tramadol"}, "Tramadol 50 mg")


def test_a_brand_that_mentions_another_drug_does_not_bring_it_in() -> None:
    text = "lamotrigine 25 MG Oral Tablet [Lamictal Blue (For Patients Taking Valproate)]"
    assert names(order_of(medicationCodeableConcept={"text": text})) == {"lamotrigine"}


def test_an_unknown_drug_keeps_its_label() -> None:
    reading = reading_of(request(medicationCodeableConcept=coded("999999999", text="  Miracle \n cure ")))
    assert (reading.order.identified_by, reading.order.label) == (Identification.UNKNOWN, "Miracle cure")
    assert reading.notices == (
        Notice.of("drug-code-unknown", code="999999999"),
        Notice.of("drug-not-recognised", drug="Miracle cure"),
    )


# -- the drug behind a reference -------------------------------------------------------------

TABLET = medication(code=coded("103", "197931", system=RXNORM_OID))


@pytest.mark.parametrize("reference", ["#med", "#med "])
def test_a_contained_medication(reference: str) -> None:
    order = order_of(
        contained=[TABLET], medicationReference={"reference": reference, "display": "Purinethol"}
    )
    assert (names(order), order.label) == ({"mercaptopurine"}, "Purinethol")


@pytest.mark.parametrize(
    "reference",
    [
        "Medication/med",
        "https://ehr.example.org/fhir/r4/Medication/med",
        "Medication/med/_history/3",
        "https://ehr.example.org/fhir/r4/Medication/med/_history/3",
    ],
)
@pytest.mark.parametrize(
    "sent",
    [
        {"resourceType": "Bundle", "entry": [{"resource": request()}, {"resource": TABLET}]},
        [TABLET],
        TABLET,
        {"entry": {"fullUrl": "https://other.example.org/Medication/med", "resource": TABLET}},
    ],
    ids=["bundle", "list", "resource", "bundle of one"],
)
def test_a_medication_sent_along(reference: str, sent: object) -> None:
    reading = reading_of(request(medicationReference={"reference": reference}), sent)
    assert names(reading.order) == {"mercaptopurine"}
    assert (reading.reference_to_fetch, reading.notices) == (None, ())


def test_a_medication_found_by_the_address_of_its_entry() -> None:
    bundle = {"entry": [{"fullUrl": "urn:uuid:7a", "resource": TABLET}]}
    assert names(order_of(bundle, medicationReference={"reference": "urn:uuid:7a"})) == {"mercaptopurine"}


@pytest.mark.parametrize(
    "reference", ["Medication/elsewhere", "https://ehr.example.org/fhir/Medication/elsewhere"]
)
def test_a_medication_that_must_be_fetched(reference: str) -> None:
    order = request(medicationReference={"reference": reference, "display": "MERCAPTOPURINE 50 MG PO TABS"})
    before = reading_of(order, TABLET)
    after = reading_of(order, TABLET, medication("elsewhere", code=coded("197931")))
    assert (before.reference_to_fetch, before.order.identified_by) == (reference, Identification.TEXT)
    assert (after.reference_to_fetch, after.order.identified_by) == (None, Identification.RXNORM)
    assert before.order.ingredients == after.order.ingredients


@pytest.mark.parametrize("reference", ["#nowhere", "urn:uuid:9b", "Substance/1", "Medication/"])
def test_a_medication_that_nobody_can_fetch_is_a_notice(reference: str) -> None:
    reading = reading_of(request(medicationReference={"reference": reference}))
    assert reading.reference_to_fetch is None
    assert Notice.of("medication-not-found") in reading.notices


def test_a_medication_named_by_an_identifier_alone_is_a_notice() -> None:
    reading = reading_of(request(medicationReference={"identifier": {"system": "urn:x", "value": "309362"}}))
    assert reading.reference_to_fetch is None
    assert Notice.of("medication-not-found") in reading.notices


def test_a_reference_that_only_has_a_name() -> None:
    order = order_of(medicationReference={"display": "tramadol 50 mg tablet"})
    assert (names(order), order.identified_by) == ({"tramadol"}, Identification.TEXT)


def test_ingredients_listed_one_by_one() -> None:
    parts = [
        {"itemCodeableConcept": coded("161", text="acetaminophen")},
        {"itemCodeableConcept": {"text": "codeine"}},
        {"itemCodeableConcept": coded("36567"), "isActive": False},
    ]
    order = order_of(contained=[medication(ingredient=parts)], medicationReference={"reference": "#med"})
    assert (names(order), order.identified_by) == ({"acetaminophen", "codeine"}, Identification.TEXT)
    assert order.label == "acetaminophen / codeine"


def test_an_ingredient_behind_a_reference() -> None:
    substance = {"resourceType": "Substance", "id": "sub", "code": coded("2670")}
    parts = [{"itemReference": {"reference": "#sub"}}, {"itemReference": {"reference": "Medication/other"}}]
    order = order_of(
        medication("other", code=coded("161")),
        contained=[medication(ingredient=parts), substance],
        medicationReference={"reference": "#med"},
    )
    assert names(order) == {"codeine", "acetaminophen"}


def test_medications_that_point_to_each_other_do_not_go_round_for_ever() -> None:
    parts = [{"itemReference": {"reference": "Medication/med"}}] * 100
    order = order_of(
        medication(code=coded("103"), ingredient=parts), medicationReference={"reference": "Medication/med"}
    )
    assert names(order) == {"mercaptopurine"}


def test_concept_and_reference_both_count() -> None:
    reference = {"reference": "Medication/med"}
    order = request(medicationCodeableConcept=coded("197931"), medicationReference=reference)
    reading = reading_of(order, TABLET)
    assert (names(reading.order), reading.notices) == ({"mercaptopurine"}, ())


@pytest.mark.parametrize(
    "element", [{"concept": coded("197931")}, {"reference": {"reference": "Medication/med"}}]
)
def test_the_one_element_of_newer_releases(element: dict[str, Any]) -> None:
    assert names(order_of(TABLET, medication=element)) == {"mercaptopurine"}


# -- dose and route --------------------------------------------------------------------------


def instruct(value: float, unit: str, **more: object) -> list[dict[str, Any]]:
    return [{"timing": DAILY, "doseAndRate": [{"doseQuantity": {"value": value, "code": unit}}], **more}]


def test_tablets_become_mg_by_the_strength_of_the_product() -> None:
    concept = coded("32968", "309362")
    order = order_of(medicationCodeableConcept=concept, dosageInstruction=instruct(2, "{tbl}"))
    assert order.dose == DailyDose(Decimal(150), "mg", Decimal(150))


def test_tablets_of_an_unknown_strength_are_a_notice() -> None:
    reading = reading_of(
        request(medicationCodeableConcept=coded("32968"), dosageInstruction=instruct(2, "{tbl}"))
    )
    assert (reading.order.dose, reading.ingredient_doses) == (None, ())
    assert reading.notices == (Notice.of("dose-not-computable"),)


def test_tablets_of_a_combination_give_the_dose_of_each_ingredient() -> None:
    """The second strength of a name is the second ingredient's."""
    reading = reading_of(
        request(medicationCodeableConcept=coded("1245441"), dosageInstruction=instruct(2, "{tbl}"))
    )
    doses = {ingredient.name: dose.amount for ingredient, dose in reading.ingredient_doses}
    assert doses == {"ezetimibe": Decimal(20), "simvastatin": Decimal(80)}
    assert (reading.order.dose, reading.notices) == (None, ())


def test_mg_of_a_combination_do_not_say_of_which_ingredient() -> None:
    reading = reading_of(
        request(medicationCodeableConcept=coded("1245441"), dosageInstruction=instruct(10, "mg"))
    )
    assert (reading.order.dose, reading.ingredient_doses) == (None, ())
    assert reading.notices == (Notice.of("dose-not-computable"),)


def test_a_dose_without_a_recognised_drug_is_kept() -> None:
    order = order_of(medicationCodeableConcept={"text": "Miracle cure"}, dosageInstruction=instruct(10, "mg"))
    assert order.dose == DailyDose(Decimal(10), "mg", Decimal(10))


def test_one_administration_is_marked() -> None:
    once = instruct(0.25, "mg/kg", timing={"repeat": {"count": 1}})
    order = order_of(medicationCodeableConcept=coded("8687"), dosageInstruction=once)
    assert order.single_administration is True
    assert order.dose == DailyDose(Decimal("0.25"), "mg/kg", Decimal("0.25"))


CREAM = coded("105583", text="fluorouracil 50 MG/ML Topical Cream")
IV = {"coding": [{"system": "http://snomed.info/sct", "code": "47625008"}]}


@pytest.mark.parametrize(
    ("concept", "instructions", "expected"),
    [
        (CREAM, [], {"topical"}),
        (CREAM, [{"route": IV}], {"parenteral"}),
        (coded("4492"), [{"text": "5% cream, topical"}], {"topical"}),
        (coded("4492", text="fluorouracil 5% cream"), [], {"topical"}),
        (coded("1596450"), [{"text": "0.3% eye drops"}], {"ophthalmic"}),
        (coded("310467"), [], {"ophthalmic"}),
        (coded("S01AA11", system=ATC), [], {"ophthalmic"}),
        (coded("4492"), [], set()),
        (coded("4492"), [{"route": IV, "text": "cream"}], {"parenteral"}),
        (coded("4492"), [{"route": {"text": "unheard of"}}], set()),
    ],
)
def test_the_route_of_the_order_then_of_the_product(
    concept: dict[str, Any], instructions: list[dict[str, Any]], expected: set[str]
) -> None:
    assert order_of(medicationCodeableConcept=concept, dosageInstruction=instructions).routes == expected


def test_the_form_of_a_medication_tells_the_route() -> None:
    cream = medication(code=coded("4492"), form={"text": "Cream"})
    assert order_of(cream, medicationReference={"reference": "Medication/med"}).routes == {"topical"}


# -- reasons ---------------------------------------------------------------------------------

PAIN = coded("22253000", system="http://snomed.info/sct", text="Pain")
CODED_PAIN = Coding("snomed", "22253000")


@pytest.mark.parametrize(
    "content",
    [
        {"reasonCode": [PAIN]},
        {"reasonCode": PAIN},
        {"reason": [{"concept": PAIN}]},
        {
            "contained": [{"resourceType": "Condition", "id": "c", "code": PAIN}],
            "reasonReference": [{"reference": "#c"}],
        },
        {
            "contained": [{"resourceType": "Condition", "id": "c", "code": PAIN}],
            "reason": {"reference": {"reference": "#c", "display": "PAIN"}},
        },
    ],
)
def test_reasons_wherever_they_stand(content: dict[str, Any]) -> None:
    order = order_of(**content)
    assert (order.reasons, order.reason_texts) == ({CODED_PAIN}, ("pain",))


def test_all_codes_of_all_reasons_are_kept() -> None:
    stroke = coded("I63.9", system="urn:oid:2.16.840.1.113883.6.90")
    order = order_of(reasonCode=[PAIN, stroke, {"text": "Prevention"}])
    assert order.reasons == {CODED_PAIN, Coding("icd10cm", "I63.9")}
    assert order.reason_texts == ("pain", "prevention")


def test_the_name_of_a_reason_that_is_not_at_hand_is_kept() -> None:
    order = order_of(reasonReference={"reference": "Condition/1", "display": "Neuropathic pain"})
    assert (order.reasons, order.reason_texts) == (frozenset(), ("neuropathic pain",))


# -- other resources -------------------------------------------------------------------------


def test_the_drug_of_a_statement() -> None:
    statement = {"resourceType": "MedicationStatement", "medicationCodeableConcept": coded("309362")}
    drug = identify_medication(statement, drug_codes=CODES)
    assert drug.ingredients == (Ingredient("clopidogrel", "32968"),)


def test_the_drug_of_an_allergy() -> None:
    assert identify_concept(coded("2670"), drug_codes=CODES).ingredients == (Ingredient("codeine", "2670"),)


# -- anything --------------------------------------------------------------------------------

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["Medication/med", "#med", "med", "309362", RXNORM, ATC, "codeine", "Medication", "#"])
    | st.text(max_size=6)
)
KEYS = st.sampled_from(
    [
        "medicationCodeableConcept", "medicationReference", "medication", "reference", "concept", "contained",
        "id", "resourceType", "code", "coding", "system", "display", "text", "ingredient", "item",
        "itemCodeableConcept", "itemReference", "isActive", "form", "dosageInstruction", "reasonCode",
        "reasonReference", "reason", "doNotPerform", "entry", "resource", "fullUrl",
    ]
)  # fmt: skip
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5)
)


@settings(max_examples=100)
@given(st.dictionaries(KEYS, JSON, max_size=8), JSON)
def test_no_json_makes_the_reader_fail(content: dict[str, Any], sent: object) -> None:
    resource = {**content, "resourceType": "MedicationRequest"}
    reading = read_order(resource, drug_codes=CODES, medications=index_medications(sent))
    assert (reading is None) == (content.get("doNotPerform") is True)
    assert reading is None or isinstance(reading.order, Order)


@given(JSON)
def test_no_mapping_of_medications_makes_the_reader_fail(sent: Any) -> None:
    order = request(medicationReference={"reference": "Medication/med"})
    reading = read_order(order, drug_codes=DrugCodes(), medications={"Medication/med": sent})
    assert reading is not None
