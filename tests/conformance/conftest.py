"""A served service that asks for tokens, and an EHR with four tenants whose sites chose differently."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.ehr import SELECT, SIGN, Ehr, clients_file
from tests.web.served import Served, serve

ORIGIN = "https://ehr-in-a-browser.example.org"
PATHS = {"order-select": SELECT, "order-sign": SIGN, "patient-view": "/cds-services/pgx-patient-view"}
#: Tenant -> its site profile.
SITES: dict[str, dict[str, Any]] = {
    "replace": {},
    "update": {"suggestionStyle": "update"},
    "separate": {"suggestionStyle": "separate"},
    "german": {"language": "de"},
}


@dataclass(frozen=True)
class Client:
    """What an EHR does: every request is signed."""

    base: str
    ehr: Ehr

    def get(self, path: str, **options: Any) -> requests.Response:
        return self._send("GET", path, **options)

    def post(self, path: str, body: Any, **options: Any) -> requests.Response:
        sent = {"data": body} if isinstance(body, bytes) else {"json": body}
        headers = {"Content-Type": "application/json", **options.pop("headers", {})}
        return self._send("POST", path, headers=headers, **sent, **options)

    def order(self, body: dict[str, Any], tenant: str = "replace") -> dict[str, Any]:
        """The answer to a hook call that has to succeed."""
        path = PATHS[body["hook"]]
        answer = self.post(path, body, tenant=tenant)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == "application/json"
        found: dict[str, Any] = json.loads(answer.text, parse_constant=_no_constant)
        return found

    def _send(
        self,
        method: str,
        path: str,
        tenant: str = "replace",
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> requests.Response:
        signed = self.ehr.bearer(path, self.base, tenant=tenant)
        return requests.request(
            method, self.base + path, headers={**signed, **(headers or {})}, timeout=60, **more
        )


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("conformance")
    for name, profile in SITES.items():
        (folder / f"{name}.json").write_text(json.dumps(profile))
    ehr = Ehr(more={"tenants": {name: {"site": f"{name}.json"} for name in SITES}})
    environment = {
        "PGX_CDS_REQUIRE_JWT": "1",
        "PGX_CDS_CLIENTS": str(clients_file(folder, ehr.entry)),
        "PGX_CDS_CORS_ORIGINS": f"{ORIGIN},https://another.example.org",
    }
    yield from serve(folder, environment=environment)


@pytest.fixture(scope="session")
def client(served: Served) -> Client:
    return Client(served.base, Ehr())
