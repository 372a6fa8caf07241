"""The EHRs that may open the detail view (SMART App Launch), and who we are there."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from cds_service.trust.fhir_servers import is_protected, same_origin, same_server
from cds_service.trust.signing_keys import ASSERTION_TYPE, SigningKey, SigningKeyError, read_signing_key
from cds_service.trust.strict import ClientsError, as_list, as_object, check_names, read_object, texts

_FILE_KEYS = frozenset({"servers", "frameAncestors"})
_REQUIRED = frozenset({"url", "clientId"})
_KEYS = _REQUIRED | {"scope", "secretFile", "keyFile", "kid", "authorizationServer", "site"}
#: What the view reads. `launch` or `launch/patient` is added as the kind of launch asks for it.
_KINDS = (
    "Patient", "Observation", "DiagnosticReport", "Condition", "Procedure", "MedicationRequest",
    "AllergyIntolerance", "Consent", "Encounter",
)  # fmt: skip
_IDENTITY = ("openid", "fhirUser")


@dataclass(frozen=True, slots=True)
class SmartClient:
    """
    The app as one EHR knows it: public, or with a secret, or with a key.

    Args:
        server: Base URL of the EHR's FHIR server, the `iss` of a launch.
        client_id: Who we are there.
        scope: What to ask for instead of what the view reads; blank = that.
        secret: Shared secret; blank = none.
        key: Private key; None = none.
        authorization_server: Where the EHR signs people in, if that is another host than the FHIR server.
        site: File of the site profile; None = that of the whole service.
    """

    server: str
    client_id: str
    scope: str = ""
    secret: str = field(default="", repr=False)
    key: SigningKey | None = None
    authorization_server: str = ""
    site: Path | None = None

    def accepts_endpoint(self, url: str) -> bool:
        """Whether an address that the server's SMART configuration names may be used."""
        return is_protected(url) and any(
            same_origin(known, url) for known in (self.server, self.authorization_server) if known
        )

    def scopes(self, *, standalone: bool, version_2: bool) -> str:
        """
        What to ask for.

        Args:
            standalone: The EHR has to let the user choose a patient first.
            version_2: Whether the server understands `.rs`; older ones want `.read`.
        """
        launch = "launch/patient" if standalone else "launch"
        if self.scope:
            return f"{launch} {self.scope}"
        right = "rs" if version_2 else "read"
        return " ".join([launch, *_IDENTITY, *(f"patient/{kind}.{right}" for kind in _KINDS)])

    def token_form(self, endpoint: str, now: float) -> dict[str, str]:
        """What a public client, or one with a key, says in the form of a token request."""
        if self.secret:
            return {}
        if self.key is None:
            return {"client_id": self.client_id}
        statement = self.key.assertion(self.client_id, endpoint, now)
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": statement}

    @property
    def token_header(self) -> str:
        """The Authorization header of a token request; blank without a secret."""
        if not self.secret:
            return ""
        pair = f"{quote(self.client_id, safe='')}:{quote(self.secret, safe='')}"
        return "Basic " + base64.b64encode(pair.encode("ascii")).decode("ascii")


@dataclass(frozen=True, slots=True)
class SmartClients:
    """
    All of them.

    Args:
        clients: One for each EHR.
        frame_ancestors: Origins that may show the view in a frame; none = it has a window of its own.
    """

    clients: tuple[SmartClient, ...] = ()
    frame_ancestors: tuple[str, ...] = ()

    def find(self, server: str) -> SmartClient | None:
        """The app at a FHIR server; None if it is not listed. Servers below or beside it do not count."""
        return next((client for client in self.clients if same_server(client.server, server)), None)


def read_smart_clients(path: Path) -> SmartClients:
    """
    Read the SMART file: `{"servers": [{"url", "clientId", ...}], "frameAncestors": []}`.

    Servers may have `scope`, `authorizationServer`, `site`, and either `secretFile` or `keyFile` with `kid`.

    Raises:
        ClientsError: If it is malformed, an address is not plain https, or a secret cannot be used.
    """
    value = read_object(path)
    check_names(value, str(path), known=_FILE_KEYS)
    entries = as_list(value, "servers", str(path))
    if not entries:
        raise ClientsError(f"{path}: servers must list at least one server")
    clients = tuple(
        _client(entry, path.parent, f"{path}: server {number}")
        for number, entry in enumerate(entries, start=1)
    )
    for number, client in enumerate(clients):
        if any(same_server(client.server, other.server) for other in clients[:number]):
            raise ClientsError(f"{path}: server {number + 1}: its url is listed twice")
    return SmartClients(clients, _ancestors(texts(value, "frameAncestors", str(path)), path))


def _client(value: object, folder: Path, where: str) -> SmartClient:
    entry = as_object(value, where)
    check_names(entry, where, known=_KEYS)
    for name, text in entry.items():
        if not isinstance(text, str) or not text or text != text.strip():
            raise ClientsError(f"{where}: {name} must be a text that is not empty")
    for name in sorted(_REQUIRED - set(entry)):
        raise ClientsError(f"{where}: {name} is missing")
    for name in ("url", "authorizationServer"):
        if name in entry and not is_protected(entry[name]):
            raise ClientsError(
                f"{where}: {name} must be a plain https address without a query (http on this machine only)"
            )
    scope = entry.get("scope", "")
    if {"launch", "launch/patient"} & set(scope.split()):
        raise ClientsError(f"{where}: leave launch out of scope; it is added as the launch asks for it")
    if "secretFile" in entry and ("keyFile" in entry or "kid" in entry):
        raise ClientsError(f"{where}: secretFile and keyFile exclude each other")
    if ("keyFile" in entry) != ("kid" in entry):
        raise ClientsError(f"{where}: keyFile and kid belong together")
    return SmartClient(
        entry["url"].rstrip("/"),
        entry["clientId"],
        scope,
        _secret(folder / entry["secretFile"], where) if "secretFile" in entry else "",
        _key(folder / entry["keyFile"], entry["kid"], where) if "keyFile" in entry else None,
        entry.get("authorizationServer", "").rstrip("/"),
        folder / entry["site"] if "site" in entry else None,
    )


def _secret(path: Path, where: str) -> str:
    try:
        secret = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        secret = ""
    if not secret or not secret.isprintable():
        raise ClientsError(f"{where}: secretFile must hold the client secret, in one line of ASCII")
    return secret


def _key(path: Path, kid: str, where: str) -> SigningKey:
    try:
        return read_signing_key(path, kid, where)
    except SigningKeyError as error:
        raise ClientsError(str(error)) from None


def _ancestors(origins: tuple[str, ...], path: Path) -> tuple[str, ...]:
    """Origins alone: they go into a header as they are."""
    for origin in origins:
        if not is_protected(origin) or origin.count("/") != 2:
            raise ClientsError(
                f"{path}: frameAncestors must be a list of origins such as "
                "https://ehr.example.org, without a path"
            )
    return origins
