"""Getting data: what the prefetch answers, what is fetched, what stays unknown; with a real local server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest

from cds_service.core.codes import GenomicCodes, TestCode
from cds_service.fhir.client import FhirClient
from cds_service.fhir.deadline import Deadline
from cds_service.fhir.fetch_errors import FetchProblem
from cds_service.hooks.data_needs import DataNeed, DataPlan
from cds_service.hooks.gather import FetchedSoFar, Gap, Gathered, Gatherer, connect, named_elsewhere
from cds_service.hooks.gathered import NeedState
from cds_service.hooks.ports import FhirPort
from cds_service.hooks.request import Authorization, HookRequest
from tests import fakes
from tests.fakes import TOKEN, FakeFhirServer, bundle, observation

PATIENT = {"resourceType": "Patient", "id": "p1"}
CONDITION = {"resourceType": "Condition", "id": "c1", "subject": {"reference": "Patient/p1"}}
MEDICATION = {"resourceType": "Medication", "id": "m1"}
WEIGHT = observation("w1", code="29463-7")
POTASSIUM = observation("k1", code="2823-3", category=[{"coding": [{"code": "laboratory"}]}])
CODES = GenomicCodes(tests={("http://loinc.org", "84413-4"): TestCode("genotype")})


class Site:
    """A site that has not listed its local codes."""

    local_tests = ()


PLAN = DataPlan.of(CODES, Site())
RESULTS, PERSON, ENCOUNTER = DataNeed.RESULTS, DataNeed.PATIENT, DataNeed.ENCOUNTER


class Servers:
    """Allows these base URLs; the open ones without a token."""

    def __init__(self, *allowed: str, without_token: tuple[str, ...] = ()) -> None:
        self.allowed = allowed
        self.without_token = without_token

    def allows(self, base_url: str) -> bool:
        return base_url in self.allowed

    def allows_without_token(self, base_url: str) -> bool:
        return base_url in self.without_token


@pytest.fixture
def server() -> Iterator[FakeFhirServer]:
    stored = [
        PATIENT,
        CONDITION,
        MEDICATION,
        observation("a"),
        observation("b"),
        observation("x", patient="p2"),
    ]
    with FakeFhirServer(stored) as running:
        yield running


@pytest.fixture(scope="module")
def gatherer() -> Iterator[Gatherer]:
    with ThreadPoolExecutor(12) as executor:
        yield Gatherer(PLAN, executor)


@pytest.fixture
def port(server: FakeFhirServer) -> Iterator[FhirPort]:
    client = FhirClient(allows=lambda _: True)
    yield client.open(server.base, TOKEN)
    client.close()


def call(prefetch: dict[str, Any] | None = None, **more: Any) -> HookRequest:
    named = {"hook": "order-select", "hook_instance": "i", "patient_id": "p1", "user_id": "Practitioner/1"}
    return HookRequest(**{**named, "prefetch": prefetch or {}, **more})


def within(seconds: float = 5.0) -> Deadline:
    return Deadline.after(seconds, time.monotonic)


def ids(resources: tuple[Any, ...]) -> list[str]:
    return [resource["id"] for resource in resources]


def found(gathered: Gathered, need: DataNeed = RESULTS) -> tuple[NeedState, list[str], Gap | None]:
    outcome = gathered.outcomes[need]
    return outcome.state, ids(outcome.resources), outcome.gap


def prefetched(
    gatherer: Gatherer, prefetch: dict[str, Any], need: DataNeed = RESULTS, **more: Any
) -> Gathered:
    """What a call without a FHIR server gets."""
    return gatherer.gather(call(prefetch, **more), [need], fetcher=None, deadline=within())


# -- prefetch alone --


def test_a_bundle_under_the_key_answers_the_need(gatherer: Gatherer) -> None:
    gathered = prefetched(gatherer, {"results": bundle([observation("a")])})
    assert found(gathered) == (NeedState.PREFETCHED, ["a"], None)
    assert (gathered.usable(RESULTS), gathered.complete(RESULTS)) == (True, True)


def test_a_read_under_the_key_answers_the_need(gatherer: Gatherer) -> None:
    assert found(prefetched(gatherer, {"patient": PATIENT}, PERSON), PERSON) == (
        NeedState.PREFETCHED,
        ["p1"],
        None,
    )


NO_RESULTS = [
    pytest.param(None, id="null"),
    pytest.param(bundle(), id="empty Bundle"),
    pytest.param({"resourceType": "Bundle", "entry": []}, id="empty entry list"),
    pytest.param(bundle([fakes.outcome("processing", "warning")]), id="a warning that nothing was found"),
]


@pytest.mark.parametrize("value", NO_RESULTS)
def test_no_data_is_an_answer(gatherer: Gatherer, value: Any) -> None:
    gathered = prefetched(gatherer, {"results": value})
    assert found(gathered) == (NeedState.EMPTY, [], None)
    assert gathered.complete(RESULTS)


@pytest.mark.parametrize(
    "value",
    [fakes.outcome("exception"), fakes.outcome("not-found", "warning"), bundle([fakes.outcome("exception")])],
    ids=["OperationOutcome", "OperationOutcome with a warning", "error inside an empty Bundle"],
)
def test_an_outcome_is_a_missing_answer_and_not_asked_again(
    gatherer: Gatherer, server: FakeFhirServer, port: FhirPort, value: Any
) -> None:
    gathered = gatherer.gather(call({"results": value}), [RESULTS], fetcher=port, deadline=within())
    assert found(gathered) == (NeedState.MISSING, [], Gap.OUTCOME)
    assert (gathered.usable(RESULTS), gathered.tried(RESULTS), gathered.why(RESULTS)) == (
        False,
        True,
        "outcome",
    )
    assert server.requests == []
    assert [notice.key for notice in gathered.notices] == ["fhir-outcome"]
    assert "secret" not in str(gathered.notices)


def test_results_beside_an_error_are_incomplete(gatherer: Gatherer) -> None:
    value = bundle([observation("a"), fakes.outcome("exception")])
    assert found(prefetched(gatherer, {"results": value})) == (NeedState.INCOMPLETE, ["a"], Gap.OUTCOME)


@pytest.mark.parametrize("value", ["", "x", 1, True, [], [PATIENT], {}, {"resourceType": 1}], ids=str)
def test_a_value_that_is_no_fhir_answers_nothing(gatherer: Gatherer, value: Any) -> None:
    gathered = prefetched(gatherer, {"results": value})
    assert found(gathered) == (NeedState.MISSING, [], Gap.NO_SERVER)
    assert [(n.key, dict(n.slots)) for n in gathered.notices] == [
        ("prefetch-unreadable", {"need": "results"})
    ]


def test_a_key_with_only_other_types_answers_nothing(gatherer: Gatherer) -> None:
    assert found(prefetched(gatherer, {"results": PATIENT}))[0] is NeedState.MISSING


def test_an_absent_key_is_missing_and_says_why(gatherer: Gatherer) -> None:
    access = Authorization("tok")
    reasons = {
        Gap.NO_SERVER: prefetched(gatherer, {}),
        Gap.NO_TOKEN: prefetched(gatherer, {}, fhir_server="https://a"),
        Gap.NOT_ALLOWED: prefetched(gatherer, {}, fhir_server="https://a", authorization=access),
    }
    for gap, gathered in reasons.items():
        assert found(gathered) == (NeedState.MISSING, [], gap)
        assert not gathered.tried(RESULTS)
        assert gathered.gaps() == {RESULTS: gap}


def test_without_an_encounter_there_is_no_encounter_to_miss(gatherer: Gatherer) -> None:
    assert found(prefetched(gatherer, {}, ENCOUNTER), ENCOUNTER) == (NeedState.EMPTY, [], None)
    with_encounter = prefetched(gatherer, {}, ENCOUNTER, encounter_id="e1")
    assert found(with_encounter, ENCOUNTER) == (NeedState.MISSING, [], Gap.NO_SERVER)


def test_a_page_that_has_a_next_one_is_incomplete_without_a_server(gatherer: Gatherer) -> None:
    value = bundle([observation("a")], next_url="https://a/fhir?page=2")
    assert found(prefetched(gatherer, {"results": value})) == (NeedState.INCOMPLETE, ["a"], Gap.PAGED)


# -- renamed keys --


def test_a_renamed_key_is_recognised_by_what_it_holds(gatherer: Gatherer) -> None:
    value = bundle([POTASSIUM, observation("a")])
    assert found(prefetched(gatherer, {"obs-user": value})) == (NeedState.PREFETCHED, ["k1", "a"], None)


def test_a_renamed_patient_is_recognised(gatherer: Gatherer) -> None:
    assert found(prefetched(gatherer, {"pat-user": PATIENT}, PERSON), PERSON)[1] == ["p1"]


def test_an_unknown_key_with_other_observations_is_no_genetic_result(gatherer: Gatherer) -> None:
    gathered = prefetched(gatherer, {"vitals": bundle([WEIGHT])})
    assert found(gathered) == (NeedState.MISSING, [], Gap.NO_SERVER)
    assert ids(gathered.of_type("Observation")) == ["w1"]


def test_an_empty_bundle_under_a_renamed_key_is_recognised_by_its_self_link(gatherer: Gatherer) -> None:
    url = "https://a/fhir/Observation?patient=p1&code=http%3A%2F%2Floinc.org%7C84413-4&_count=200"
    gathered = prefetched(gatherer, {"obs-user": bundle(self_url=url)})
    assert found(gathered) == (NeedState.EMPTY, [], None)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://a/fhir/Observation?patient=p1",
        "https://a/fhir/Observation?patient=p1&code=http://loinc.org|1-8",
    ],
)
def test_an_empty_bundle_of_another_search_is_not(gatherer: Gatherer, url: str) -> None:
    gathered = prefetched(gatherer, {"obs-user": bundle(self_url=url)})
    assert found(gathered) == (NeedState.MISSING, [], Gap.NO_SERVER)


@pytest.mark.parametrize("other", ["measures", "laboratory"])
def test_weights_and_other_tests_under_our_keys_never_stand_for_results(
    gatherer: Gatherer, other: str
) -> None:
    gathered = prefetched(gatherer, {other: bundle([WEIGHT, POTASSIUM])})
    assert found(gathered) == (NeedState.MISSING, [], Gap.NO_SERVER)


def test_results_among_all_laboratory_results_are_used_but_may_not_be_all(gatherer: Gatherer) -> None:
    gathered = prefetched(gatherer, {"laboratory": bundle([POTASSIUM, observation("a")])})
    assert found(gathered) == (NeedState.INCOMPLETE, ["a"], Gap.NO_SERVER)
    assert gathered.usable(RESULTS)


def test_keys_nobody_asked_for_do_no_harm(gatherer: Gatherer) -> None:
    prefetch = {"results": bundle([observation("a")]), "x": 3, "y": None, "z": MEDICATION}
    gathered = prefetched(gatherer, prefetch)
    assert found(gathered) == (NeedState.PREFETCHED, ["a"], None)
    assert gathered.notices == ()


def test_each_resource_is_pooled_once(gatherer: Gatherer) -> None:
    twice = {"results": bundle([observation("a")]), "laboratory": bundle([observation("a"), POTASSIUM])}
    assert ids(prefetched(gatherer, twice).resources) == ["a", "k1"]


# -- somebody else's data --


def test_a_result_of_another_patient_is_dropped_and_counted(gatherer: Gatherer) -> None:
    mixed = bundle([observation("x", patient="p2"), observation("a"), observation("y", patient="p3")])
    gathered = prefetched(gatherer, {"results": mixed})
    assert found(gathered) == (NeedState.PREFETCHED, ["a"], None)
    assert ids(gathered.resources) == ["a"]
    assert [(n.key, dict(n.slots)) for n in gathered.notices] == [
        ("other-patient-dropped", {"kind": "Observation", "count": "2"})
    ]


def test_only_results_of_another_patient_are_no_results(gatherer: Gatherer) -> None:
    gathered = prefetched(gatherer, {"results": bundle([observation("x", patient="p2")])})
    assert found(gathered) == (NeedState.EMPTY, [], None)


def test_a_server_that_reads_another_patient_leaves_the_patient_unknown(
    gatherer: Gatherer, server: FakeFhirServer, port: FhirPort
) -> None:
    server.behave("Patient", fakes.say({"resourceType": "Patient", "id": "p2"}))
    gathered = gatherer.gather(call(), [PERSON], fetcher=port, deadline=within())
    assert found(gathered, PERSON) == (NeedState.MISSING, [], Gap.OTHER_PATIENT)
    assert gathered.resources == ()


def test_a_server_that_ignores_the_patient_parameter_does_no_harm(
    gatherer: Gatherer, server: FakeFhirServer, port: FhirPort
) -> None:
    server.behave(
        "Observation", fakes.say(bundle(r for r in server.resources if r["resourceType"] == "Observation"))
    )
    gathered = gatherer.gather(call(), [RESULTS], fetcher=port, deadline=within())
    assert found(gathered) == (NeedState.FETCHED, ["a", "b"], None)


# -- fetching --


def test_only_what_the_prefetch_lacks_is_fetched(
    gatherer: Gatherer, server: FakeFhirServer, port: FhirPort
) -> None:
    request = call({"patient": PATIENT, "conditions": None})
    needs = [PERSON, RESULTS, DataNeed.CONDITIONS, DataNeed.MEASURES]
    gathered = gatherer.gather(request, needs, fetcher=port, deadline=within())
    states = {need: outcome.state for need, outcome in gathered.outcomes.items()}
    assert states == {
        PERSON: NeedState.PREFETCHED,
        RESULTS: NeedState.FETCHED,
        DataNeed.CONDITIONS: NeedState.EMPTY,
        DataNeed.MEASURES: NeedState.EMPTY,
    }
    assert [asked.kind for asked in server.requests] == ["Observation", "Observation"]
    assert ids(gathered.outcomes[RESULTS].resources) == ["a", "b"]


def test_an_unreadable_value_is_fetched(gatherer: Gatherer, port: FhirPort) -> None:
    gathered = gatherer.gather(call({"results": "x"}), [RESULTS], fetcher=port, deadline=within())
    assert found(gathered) == (NeedState.FETCHED, ["a", "b"], None)


def test_the_pages_after_a_prefetched_one_are_fetched(
    gatherer: Gatherer, server: FakeFhirServer, port: FhirPort
) -> None:
    first = bundle([observation("z")], next_url=f"{server.base}/Observation?patient=p1")
    gathered = gatherer.gather(call({"results": first}), [RESULTS], fetcher=port, deadline=within())
    assert found(gathered) == (NeedState.FETCHED, ["z", "a", "b"], None)
    assert ids(gathered.resources) == ["z", "a", "b"]


def test_a_prefetched_page_is_kept_when_the_next_one_fails(
    gatherer: Gatherer, server: FakeFhirServer, port: FhirPort
) -> None:
    server.behave("Observation", fakes.status(401))
    first = bundle([observation("z")], next_url=f"{server.base}/Observation?page=2")
    gathered = gatherer.gather(call({"results": first}), [RESULTS], fetcher=port, deadline=within())
    assert found(gathered) == (NeedState.INCOMPLETE, ["z"], Gap.REFUSED)


def test_a_prefetched_page_is_kept_when_the_next_one_is_late(
    gatherer: Gatherer, server: FakeFhirServer, port: FhirPort
) -> None:
    server.behave("Observation", fakes.hang)
    first = bundle([observation("z")], next_url=f"{server.base}/Observation?page=2")
    gathered = gatherer.gather(call({"results": first}), [RESULTS], fetcher=port, deadline=within(0.2))
    assert found(gathered) == (NeedState.INCOMPLETE, ["z"], Gap.TIMEOUT)


def test_a_next_link_to_another_server_is_not_followed(
    gatherer: Gatherer, server: FakeFhirServer, port: FhirPort
) -> None:
    first = bundle([observation("z")], next_url="http://127.0.0.1:9/fhir?page=2")
    gathered = gatherer.gather(call({"results": first}), [RESULTS], fetcher=port, deadline=within())
    assert found(gathered) == (NeedState.INCOMPLETE, ["z"], Gap.PAGE_LINK)
    assert server.requests == []


@pytest.mark.parametrize(
    ("behaviour", "gap"),
    [
        (fakes.status(401), Gap.REFUSED),
        (fakes.status(403), Gap.REFUSED),
        (fakes.status(404), Gap.NOT_FOUND),
        (fakes.status(500), Gap.SERVER_ERROR),
        (fakes.hang_up, Gap.UNREACHABLE),
        (fakes.say(b"no", "text/plain"), Gap.NOT_FHIR),
        (fakes.say(fakes.outcome("exception")), Gap.OUTCOME),
    ],
)
def test_a_failing_fetch_is_missing_and_does_not_touch_the_others(
    gatherer: Gatherer, server: FakeFhirServer, port: FhirPort, behaviour: fakes.Behaviour, gap: Gap
) -> None:
    server.behave("Observation", behaviour)
    gathered = gatherer.gather(call(), [RESULTS, PERSON], fetcher=port, deadline=within())
    assert found(gathered) == (NeedState.MISSING, [], gap)
    assert gathered.tried(RESULTS)
    assert found(gathered, PERSON) == (NeedState.FETCHED, ["p1"], None)


def test_needs_are_fetched_side_by_side(gatherer: Gatherer, server: FakeFhirServer, port: FhirPort) -> None:
    for kind in ("Patient", "Observation", "Condition", "Procedure", "AllergyIntolerance", "Consent"):
        server.behave(kind, fakes.slow(0.6))
    needs = [PERSON, RESULTS, DataNeed.CONDITIONS, DataNeed.PROCEDURES, DataNeed.ALLERGIES, DataNeed.CONSENTS]
    # One after the other they would take 3.6 seconds.
    gathered = gatherer.gather(call(), needs, fetcher=port, deadline=within(3.0))
    assert gathered.gaps() == {}


@pytest.mark.parametrize("behaviour", [fakes.hang, fakes.trickle_body, fakes.trickle_headers])
def test_a_late_answer_is_missing_and_nobody_waits_for_it(
    gatherer: Gatherer, server: FakeFhirServer, port: FhirPort, behaviour: fakes.Behaviour
) -> None:
    server.behave("Observation", behaviour)
    started = time.monotonic()
    gathered = gatherer.gather(call(), [RESULTS, PERSON], fetcher=port, deadline=within(1.0))
    assert time.monotonic() - started < 5.0
    assert found(gathered) == (NeedState.MISSING, [], Gap.TIMEOUT)
    assert found(gathered, PERSON) == (NeedState.FETCHED, ["p1"], None)


class StuckPort:
    """A server connection that ignores its deadline, as a name lookup does."""

    def __init__(self) -> None:
        self.let_go = Event()

    def read(self, *_: Any) -> Any:
        self.let_go.wait(30)

    search = follow = fetch_reference = read
    is_unknown = False

    def batch(self, *_: Any) -> None:
        """It takes none."""


def test_a_fetch_that_ignores_the_deadline_does_not_hold_up_the_answer() -> None:
    with ThreadPoolExecutor(1) as executor:
        port = StuckPort()
        started = time.monotonic()
        gathered = Gatherer(PLAN, executor).gather(
            call(), [PERSON, RESULTS], fetcher=port, deadline=within(0.1)
        )
        assert time.monotonic() - started < 4.0
        port.let_go.set()
        assert {outcome.gap for outcome in gathered.outcomes.values()} == {Gap.TIMEOUT}


def test_threads_are_free_again_after_the_deadline(server: FakeFhirServer, port: FhirPort) -> None:
    server.behave("Observation", fakes.trickle_headers)
    with ThreadPoolExecutor(2) as executor:
        gatherer = Gatherer(PLAN, executor)
        for _ in range(2):
            gatherer.gather(call(), [RESULTS, DataNeed.LABORATORY], fetcher=port, deadline=within(0.15))
        gathered = gatherer.gather(call(), [PERSON], fetcher=port, deadline=within(0.4))
        assert found(gathered, PERSON) == (NeedState.FETCHED, ["p1"], None)


def test_a_defect_in_a_fetch_is_not_swallowed(gatherer: Gatherer) -> None:
    class Broken(StuckPort):
        def search(self, *_: Any) -> Any:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        gatherer.gather(call(), [RESULTS], fetcher=Broken(), deadline=within())


def test_a_need_that_the_site_has_no_query_for_is_passed_over() -> None:
    class Listed:
        local_tests = (("urn:oid:1.2", "X"),)

    with ThreadPoolExecutor(1) as executor:
        gatherer = Gatherer(DataPlan.of(CODES, Listed()), executor)
        gathered = gatherer.gather(call(), [DataNeed.LABORATORY], fetcher=None, deadline=within())
    assert gathered.outcomes == {}


# -- references --


def test_references_are_read_beside_the_needs(gatherer: Gatherer, port: FhirPort) -> None:
    wanted = ["Medication/m1", "Medication/none", "http://127.0.0.1:9/fhir/Medication/m1"]
    gathered = gatherer.gather(call(), [PERSON], fetcher=port, deadline=within(), references=wanted)
    assert gathered.referenced == {"Medication/m1": MEDICATION}
    assert gathered.unread == {wanted[1]: Gap.NOT_FOUND, wanted[2]: Gap.OTHER_SERVER}
    assert ids(gathered.resources) == ["p1", "m1"]


def test_references_without_a_server_are_unread(gatherer: Gatherer) -> None:
    gathered = gatherer.gather(call(), [], fetcher=None, deadline=within(), references=["Medication/m1"])
    assert (gathered.referenced, gathered.unread) == ({}, {"Medication/m1": Gap.NO_SERVER})


def test_a_late_reference_is_unread(gatherer: Gatherer, server: FakeFhirServer, port: FhirPort) -> None:
    server.behave("Medication", fakes.hang)
    gathered = gatherer.gather(call(), [], fetcher=port, deadline=within(0.2), references=["Medication/m1"])
    assert gathered.unread == {"Medication/m1": Gap.TIMEOUT}


def test_a_reference_to_another_patients_result_is_dropped(gatherer: Gatherer, port: FhirPort) -> None:
    gathered = gatherer.gather(call(), [], fetcher=port, deadline=within(), references=["Observation/x"])
    assert (gathered.referenced, gathered.unread) == ({}, {"Observation/x": Gap.OTHER_PATIENT})
    assert gathered.resources == ()


def test_more_references_than_the_bound_are_left_unread(
    gatherer: Gatherer, server: FakeFhirServer, port: FhirPort
) -> None:
    wanted = [f"Medication/{number}" for number in range(60)]
    gathered = gatherer.gather(call(), [], fetcher=port, deadline=within(), references=wanted)
    assert list(gathered.unread.values()) == [Gap.NOT_FOUND] * 50 + [Gap.TOO_MANY] * 10
    assert len(server.requests) == 50


def test_what_was_asked_for_is_kept_and_not_asked_for_again(
    gatherer: Gatherer, server: FakeFhirServer, port: FhirPort
) -> None:
    earlier: FetchedSoFar = {}
    request = call()
    for needs, references in (([PERSON], ()), ([PERSON, RESULTS], ("Medication/m1",)), ([RESULTS], ())):
        gathered = gatherer.gather(
            request, needs, fetcher=port, deadline=within(), references=references, earlier=earlier
        )
    assert found(gathered, PERSON) == (NeedState.FETCHED, ["p1"], None)
    assert found(gathered) == (NeedState.FETCHED, ["a", "b"], None)
    assert {"p1", "m1", "a", "b"} == set(ids(gathered.resources))
    assert len(server.requests) == 3


def test_drugs_of_today_and_of_before_are_one_search(
    gatherer: Gatherer, server: FakeFhirServer, port: FhirPort
) -> None:
    needs = [DataNeed.MEDICATIONS, DataNeed.EARLIER_MEDICATIONS]
    gathered = gatherer.gather(call(), needs, fetcher=port, deadline=within())
    [asked] = server.asked("MedicationRequest")
    assert dict(asked.parameters)["status"] == "active,on-hold,completed,stopped"
    assert {gathered.outcomes[need].state for need in needs} == {NeedState.EMPTY}


def test_drugs_of_before_are_asked_for_alone_where_those_of_today_came(
    gatherer: Gatherer, server: FakeFhirServer, port: FhirPort
) -> None:
    needs = [DataNeed.MEDICATIONS, DataNeed.EARLIER_MEDICATIONS]
    gatherer.gather(call({"medications": bundle()}), needs, fetcher=port, deadline=within())
    [asked] = server.asked("MedicationRequest")
    assert dict(asked.parameters)["status"] == "on-hold,completed,stopped"


def test_drugs_at_hand_or_inside_the_order_are_not_named_elsewhere() -> None:
    references = ["#med", "Medication/m1", "Medication/m2", "https://a/fhir/Medication/m1", "Medication/m2"]
    orders: list[dict[str, Any]] = [
        {"resourceType": "MedicationRequest", "medicationReference": {"reference": reference}}
        for reference in references
    ]
    orders += [
        {"resourceType": "MedicationRequest", "medicationReference": odd} for odd in (None, "x", {}, [1])
    ]
    assert named_elsewhere([*orders, MEDICATION]) == ("Medication/m2",)


def test_results_of_a_report_of_which_nothing_came_are_named_elsewhere() -> None:
    def report(*names: str) -> dict[str, Any]:
        return {
            "resourceType": "DiagnosticReport",
            "id": "r",
            "result": [{"reference": name} for name in names],
        }

    assert named_elsewhere([report("Observation/a", "Observation/z"), observation("a")]) == ()
    assert named_elsewhere([report("Observation/y", "Observation/z"), observation("a")]) == (
        "Observation/y",
        "Observation/z",
    )


# -- which server --


def test_the_named_server_is_used_with_its_token(gatherer: Gatherer, server: FakeFhirServer) -> None:
    request = call(fhir_server=server.base, authorization=Authorization(TOKEN))
    client = FhirClient(allows=lambda _: True)
    fetcher = connect(request, client, Servers(server.base))
    gathered = gatherer.gather(request, [PERSON], fetcher=fetcher, deadline=within())
    assert found(gathered, PERSON) == (NeedState.FETCHED, ["p1"], None)


@pytest.mark.parametrize("authorization", [None, Authorization(TOKEN)], ids=["without token", "with token"])
def test_a_server_that_is_not_listed_is_not_opened(authorization: Authorization | None) -> None:
    client = FhirClient(allows=lambda _: True)
    request = call(fhir_server="https://a", authorization=authorization)
    assert connect(request, client, Servers("https://b", without_token=("https://b",))) is None
    assert connect(call(authorization=authorization), client, Servers("https://a")) is None


def test_without_a_token_only_open_servers_are_used(gatherer: Gatherer, server: FakeFhirServer) -> None:
    server.token = None
    client = FhirClient(allows=lambda _: True)
    request = call(fhir_server=server.base)
    assert connect(request, client, Servers(server.base)) is None
    fetcher = connect(request, client, Servers(server.base, without_token=(server.base,)))
    gathered = gatherer.gather(request, [PERSON], fetcher=fetcher, deadline=within())
    assert found(gathered, PERSON) == (NeedState.FETCHED, ["p1"], None)


def test_every_problem_of_a_fetch_has_its_gap() -> None:
    assert {problem.value for problem in FetchProblem} <= {gap.value for gap in Gap}


def test_the_repr_of_what_was_gathered_shows_no_data(gatherer: Gatherer) -> None:
    secret = observation("secret-a", valueString="secret")
    assert "secret" not in repr(prefetched(gatherer, {"results": bundle([secret])}))
