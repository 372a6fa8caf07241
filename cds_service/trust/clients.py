"""The EHRs that may call: issuer, keys, audiences, tenants, and what each may do."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cds_service.core.errors import InputError
from cds_service.trust.backend_services import BackendService, read_backend_service
from cds_service.trust.callers import Rights
from cds_service.trust.fhir_servers import FhirServerAllowList, is_protected
from cds_service.trust.key_sets import ClientKeys, FetchJson, FileKeys, KeySource, PublishedKeys
from cds_service.trust.keys import ALGORITHMS, FURTHER_ALGORITHMS, KeyProblemError, VerificationKey, read_key
from cds_service.trust.strict import ClientsError, as_list, as_object, check_names, read_object, texts

_RIGHTS = frozenset({"services", "fhirAllow", "site", "callsPerMinute"})
_KEYS = _RIGHTS | {"issuer", "audiences", "algorithms", "jwks", "jku", "tenants", "fhirServers"}
#: The private keys of these issuers are published, for everybody to try CDS Hooks with.
_PUBLIC_ISSUERS = ("sandbox.cds-hooks.org",)
_MOST_CALLS_PER_MINUTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Client:
    """
    One trusted EHR.

    Args:
        issuer: The `iss` of its tokens.
        keys: Finds its public keys.
        audiences: Accepted `aud` values besides the address that was called.
        rights: What it may do, if it has no tenants.
        tenants: The organisations its tokens may name, and what each may do; empty = no such claim is read.
        fhir_servers: FHIR servers where we sign in ourselves when this EHR's calls bring no token.
    """

    issuer: str
    keys: KeySource = field(repr=False)
    audiences: frozenset[str] = frozenset()
    rights: Rights = field(default_factory=Rights)
    tenants: Mapping[str, Rights] = field(default_factory=dict)
    fhir_servers: tuple[BackendService, ...] = ()

    @property
    def all_rights(self) -> Mapping[str, Rights]:
        """Tenant -> rights; the blank tenant where there are no others."""
        return self.tenants or {"": self.rights}


@dataclass(frozen=True, slots=True)
class _Reader:
    """What reading an entry needs to know besides the entry."""

    folder: Path
    services: Collection[str]
    fetch: FetchJson
    clock: Callable[[], float]

    def client(self, value: object, where: str) -> Client:
        entry = as_object(value, where)
        check_names(entry, where, known=_KEYS)
        issuer = entry.get("issuer")
        if not isinstance(issuer, str) or not issuer:
            raise ClientsError(f"{where}: issuer is missing")
        where = f"{where} ({issuer})"
        if any(name in issuer for name in _PUBLIC_ISSUERS):
            raise ClientsError(
                f"{where}: the private key of this issuer is public: anybody could call with it"
            )
        rights = self._rights(entry, where, Rights())
        own = as_list(entry, "fhirServers", where)
        return Client(
            issuer,
            self._keys(entry, where),
            frozenset(texts(entry, "audiences", where)),
            rights,
            self._tenants(entry, where, rights),
            tuple(
                read_backend_service(as_object(item, where), self.folder, f"{where}: fhirServers {number}")
                for number, item in enumerate(own, start=1)
            ),
        )

    def _tenants(self, entry: Mapping[str, Any], where: str, rights: Rights) -> Mapping[str, Rights]:
        """Each tenant has the rights of its client, except where its own entry says something else."""
        if "tenants" not in entry:
            return {}
        given = as_object(entry["tenants"], f"{where}: tenants")
        if not given or "" in given:
            raise ClientsError(f"{where}: tenants must name at least one tenant, and none may be blank")
        found = {}
        for name, value in given.items():
            place = f"{where}: tenant {name}"
            check_names(as_object(value, place), place, known=_RIGHTS)
            if "fhirServers" in entry and "fhirAllow" not in value:
                raise ClientsError(
                    f"{place}: fhirAllow is missing: beside fhirServers, one tenant could otherwise have the "
                    "service read in the server of another"
                )
            found[name] = self._rights(value, place, rights)
        return found

    def _rights(self, entry: Mapping[str, Any], where: str, otherwise: Rights) -> Rights:
        return Rights(
            self._services(entry, where) if "services" in entry else otherwise.services,
            _servers(entry, where) if "fhirAllow" in entry else otherwise.fhir_servers,
            self._site(entry, where) if "site" in entry else otherwise.site,
            _calls(entry, where) if "callsPerMinute" in entry else otherwise.calls_per_minute,
        )

    def _services(self, entry: Mapping[str, Any], where: str) -> frozenset[str]:
        named = frozenset(texts(entry, "services", where))
        if not named or not named <= set(self.services):
            raise ClientsError(f"{where}: services must name some of {', '.join(sorted(self.services))}")
        return named

    def _site(self, entry: Mapping[str, Any], where: str) -> Path:
        name = entry["site"]
        path = self.folder / name if isinstance(name, str) and name else None
        if path is None or not path.is_file():
            raise ClientsError(f"{where}: site must name the file of a site profile")
        return path

    def _keys(self, entry: Mapping[str, Any], where: str) -> KeySource:
        allowed = ALGORITHMS | _further_algorithms(entry, where)
        if not {"jwks", "jku"} & set(entry):
            raise ClientsError(f"{where}: jwks or jku is missing: nothing says which keys its tokens have")
        given = FileKeys(_file_keys(entry["jwks"], where, allowed) if "jwks" in entry else {})
        addresses = texts(entry, "jku", where)
        if not all(is_protected(url) for url in addresses):
            raise ClientsError(f"{where}: jku must hold plain https addresses (http on this machine only)")
        if not addresses:
            return given
        return ClientKeys(
            given, tuple(PublishedKeys(url, self.fetch, self.clock, allowed) for url in addresses)
        )


def read_clients(
    path: Path | None,
    *,
    services: Collection[str],
    fetch: FetchJson,
    clock: Callable[[], float] = time.monotonic,
) -> Mapping[str, Client]:
    """
    Read the clients file; issuer -> client. `docs/registration.md` tells what may stand in it.

    Args:
        path: None = nobody may call.
        services: Ids of the services there are.
        fetch: Asks for published key sets; not used before a token needs one.
        clock: Seconds that never run backwards.

    Raises:
        BackendServiceError: If an entry of `fhirServers` cannot be used.
        ClientsError: If anything else in the file is malformed, unknown, or cannot be used.
    """
    if path is None:
        return {}
    value = read_object(path)
    check_names(value, str(path), known={"clients"})
    reader = _Reader(path.parent, services, fetch, clock)
    found: dict[str, Client] = {}
    for number, entry in enumerate(as_list(value, "clients", str(path)), start=1):
        client = reader.client(entry, f"{path}: client {number}")
        if client.issuer in found:
            raise ClientsError(f"{path}: client {number} ({client.issuer}): this issuer stands there twice")
        found[client.issuer] = client
    return found


def _file_keys(value: object, where: str, allowed: Collection[str]) -> Mapping[str, VerificationKey]:
    key_set = as_object(value, f"{where}: jwks")
    listed = as_list(key_set, "keys", f"{where}: jwks")
    if not listed:
        raise ClientsError(f"{where}: jwks has no keys")
    keys: dict[str, VerificationKey] = {}
    for number, data in enumerate(listed, start=1):
        try:
            key = read_key(data, allowed)
        except KeyProblemError as problem:
            raise ClientsError(f"{where}: key {number} {problem}") from None
        if key.kid in keys:
            raise ClientsError(f"{where}: key {number} has the kid of another one")
        keys[key.kid] = key
    return keys


def _further_algorithms(entry: Mapping[str, Any], where: str) -> frozenset[str]:
    named = frozenset(texts(entry, "algorithms", where))
    if not named <= ALGORITHMS | FURTHER_ALGORITHMS:
        allowed = ", ".join(sorted(FURTHER_ALGORITHMS))
        raise ClientsError(f"{where}: algorithms may name, besides ES384 and RS384, only {allowed}")
    return named


def _servers(entry: Mapping[str, Any], where: str) -> FhirServerAllowList:
    try:
        return FhirServerAllowList.parse(",".join(texts(entry, "fhirAllow", where)))
    except InputError:
        pass
    raise ClientsError(f"{where}: fhirAllow must be a list of base URLs such as https://ehr.example.org/fhir")


def _calls(entry: Mapping[str, Any], where: str) -> int:
    number = entry["callsPerMinute"]
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number <= _MOST_CALLS_PER_MINUTE:
        raise ClientsError(f"{where}: callsPerMinute must be a whole number from 1")
    return number
