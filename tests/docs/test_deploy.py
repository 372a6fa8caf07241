"""What the files for containers promise is what the program has."""

from __future__ import annotations

import re

from flask.testing import FlaskClient
from yaml import safe_load

from tests.docs.pages import text_of

COMPOSE = safe_load(text_of("compose.yaml"))


def test_settings_in_the_files_exist() -> None:
    known = set(re.findall(r'"(PGX_CDS_[A-Z_]+)"', text_of("cds_service/settings.py")))
    named = {
        name
        for page in ("compose.yaml", "Dockerfile", "docs/deploy.md", "docs/operations.md")
        for name in re.findall(r"PGX_CDS_[A-Z_]+", text_of(page))
    }
    assert named - known == set()


def test_the_service_in_compose_has_a_read_only_root_and_no_rights() -> None:
    service = COMPOSE["services"]["pgx-cds"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert set(service["secrets"]) <= set(COMPOSE["secrets"])
    named = {value for value in service["environment"].values() if value.startswith("/run/secrets/")}
    assert {value.rsplit("/", 1)[1] for value in named} <= set(service["secrets"])


def test_ports_are_open_on_this_machine_only() -> None:
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_image_runs_as_nobody_and_asks_a_health_address_that_exists(client: FlaskClient) -> None:
    text = text_of("Dockerfile")
    assert re.findall(r"^USER (\d+):", text, re.MULTILINE) == ["10001"]
    assert len(re.findall(r"^FROM ", text, re.MULTILINE)) == 2
    (address,) = re.findall(r"127\.0\.0\.1:8080(/[\w/]+)", text)
    assert client.get(address).status_code == 200


def test_figures_that_are_named_for_alarms_exist(client: FlaskClient) -> None:
    served = client.get("/metrics").get_data(as_text=True)
    named = set(re.findall(r"pgx_cds_\w+", text_of("docs/deploy.md")))
    assert named
    assert {name for name in named if f"# HELP {name}" not in served} == set()
