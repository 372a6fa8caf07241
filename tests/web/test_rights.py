"""What one client may do: its services, and how often."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from cds_service.settings import Settings
from cds_service.wsgi import build_app
from tests.ehr import BODY, PUBLIC, SELECT, SIGN, Ehr, clients_file

FREE = Ehr("https://free.example.org")
BOUND = Ehr("https://bound.example.org", number=1, more={"services": ["pgx-order-sign"]})
HASTY = Ehr("https://hasty.example.org", number=2, more={"callsPerMinute": 1})


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    folder: Path = tmp_path_factory.mktemp("rights")
    clients = clients_file(folder, FREE.entry, BOUND.entry, HASTY.entry)
    settings = Settings(clients=clients, public_url=PUBLIC, store_url=f"sqlite:///{folder}/store.sqlite")
    return build_app(settings).test_client()


def post(service: FlaskClient, ehr: Ehr, path: str = SELECT, body: object = BODY) -> int:
    return service.post(path, json=body, headers=ehr.bearer(path)).status_code


def shown(service: FlaskClient, ehr: Ehr) -> set[str]:
    document = service.get("/cds-services", headers=ehr.bearer("/cds-services")).get_json()
    return {listed["id"] for listed in document["services"]}


def test_a_client_sees_and_calls_its_own_services_only(service: FlaskClient) -> None:
    assert {"pgx-order-select", "pgx-order-sign"} <= shown(service, FREE)
    assert shown(service, BOUND) == {"pgx-order-sign"}
    assert post(service, FREE) == 200
    assert post(service, BOUND) == 403
    assert post(service, BOUND, f"{SELECT}/feedback", {"feedback": []}) == 403
    assert post(service, BOUND, SIGN, {**BODY, "hook": "order-sign"}) == 200


def test_who_calls_too_often_is_told_when_to_come_again_and_others_go_on(service: FlaskClient) -> None:
    assert [post(service, HASTY) for _ in range(2)] == [200, 429]
    refused = service.post(SELECT, json=BODY, headers=HASTY.bearer())
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.get_json()["issue"][0]["code"] == "throttled"
    assert post(service, FREE) == 200


def test_calls_without_a_good_token_use_up_nobodys(service: FlaskClient) -> None:
    """Otherwise anybody could stop an EHR's calls by its name."""
    for _ in range(20):
        assert post(service, Ehr(FREE.issuer, number=9)) == 401
    assert post(service, FREE) == 200
