"""`pgx-cds client`: writes and shows the file of trusted EHRs."""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cds_service.core.errors import InputError
from cds_service.hooks.definitions import SERVICES
from cds_service.trust.callers import Rights
from cds_service.trust.clients import Client, read_clients
from cds_service.trust.key_sets import ClientKeys, FileKeys
from cds_service.trust.strict import ClientsError, read_object

_SETTING = "PGX_CDS_CLIENTS"


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    client = commands.add_parser("client", help="the EHRs that may call: add one, list them")
    tasks = client.add_subparsers(dest="task", required=True, metavar="TASK")
    file = argparse.ArgumentParser(add_help=False)
    file.add_argument(
        "--file", type=Path, default=os.environ.get(_SETTING) or None, help=f"default: {_SETTING}"
    )
    add = tasks.add_parser("add", parents=[file], help="add an EHR to the file")
    add.add_argument("--issuer", required=True, help="the iss of its tokens, letter by letter")
    add.add_argument("--jwks", type=Path, metavar="FILE", help="its public key set")
    add.add_argument("--jku", action="append", metavar="URL", help="where it publishes its key set")
    add.add_argument("--audience", action="append", metavar="TEXT", help="another aud that counts")
    add.add_argument("--algorithm", action="append", metavar="NAME", help="besides ES384 and RS384")
    add.add_argument("--service", action="append", metavar="ID", help="that it may call; default: all")
    add.add_argument("--fhir", action="append", metavar="URL", help="FHIR server it may name; default: all")
    add.add_argument("--site", metavar="FILE", help="its site profile, relative to the clients file")
    add.add_argument("--tenant", action="append", metavar="NAME[=FILE]", help="and its site profile")
    add.add_argument("--calls-per-minute", type=int, metavar="N")
    add.add_argument(
        "--replace", action="store_true", help="change the entry of this issuer; what is not named stays"
    )
    add.set_defaults(run=run_add)
    listing = tasks.add_parser("list", parents=[file], help="show who may call, and with which rights")
    listing.set_defaults(run=run_list)


def run_add(options: argparse.Namespace) -> int:
    """Add one EHR; the file is only written if the service could start with it."""
    file = _file(options)
    document = read_object(file) if file.exists() else {"clients": []}
    entries = list(document.get("clients", ()))
    places = [place for place, entry in enumerate(entries) if _is(entry, options.issuer)]
    if options.replace and places:
        entries[places[0]] = {**entries[places[0]], **_entry(options)}
    else:
        entries.append(_entry(options))
    _write(file, {**document, "clients": entries})
    print(f"{file}: {options.issuer} {'changed' if options.replace and places else 'added'}")
    return 0


def run_list(options: argparse.Namespace) -> int:
    """Print one paragraph for each EHR; no key is shown."""
    for client in _read(_file(options)).values():
        print("\n".join(_describe(client)))
    return 0


def _file(options: argparse.Namespace) -> Path:
    if options.file is None:
        raise InputError(f"name the clients file with --file, or in {_SETTING}")
    return Path(options.file)


def _is(entry: object, issuer: str) -> bool:
    return isinstance(entry, dict) and entry.get("issuer") == issuer


def _entry(options: argparse.Namespace) -> dict[str, Any]:
    entry = {
        "issuer": options.issuer,
        "jwks": read_object(options.jwks) if options.jwks else None,
        "jku": options.jku,
        "audiences": options.audience,
        "algorithms": options.algorithm,
        "services": options.service,
        "fhirAllow": options.fhir,
        "site": options.site,
        "callsPerMinute": options.calls_per_minute,
        "tenants": _tenants(options.tenant or ()),
    }
    return {name: value for name, value in entry.items() if value}


def _tenants(named: Sequence[str]) -> dict[str, dict[str, str]]:
    pairs = (text.partition("=") for text in named)
    return {name: {"site": site} if site else {} for name, _, site in pairs}


def _write(file: Path, document: Mapping[str, Any]) -> None:
    """Replace the file in one step; a file the service could not read is not put in its place."""
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    with tempfile.NamedTemporaryFile(
        "w", dir=file.parent, prefix=".clients-", suffix=".json", delete=False, encoding="utf-8"
    ) as new:
        new.write(text)
    written = Path(new.name)
    try:
        _read(written)
        written.chmod(file.stat().st_mode if file.exists() else 0o644)
        written.replace(file)
    except ClientsError as error:
        raise ClientsError(str(error).replace(str(written), str(file))) from None
    finally:
        written.unlink(missing_ok=True)


def _read(file: Path) -> Mapping[str, Client]:
    return read_clients(file, services=SERVICES, fetch=_ask_nobody)


def _ask_nobody(url: str) -> Mapping[str, Any]:
    raise InputError(f"{url} is not asked by this command")


def _describe(client: Client) -> list[str]:
    lines = [client.issuer]
    lines += [f"  keys: {_keys(client)}"]
    lines += [f"  further audiences: {', '.join(sorted(client.audiences))}"] if client.audiences else []
    for tenant, rights in client.all_rights.items():
        lines.append(f"  {f'tenant {tenant}: ' if tenant else ''}{_rights(rights)}")
    lines += [f"  own access to {own.server} as {own.client_id}" for own in client.fhir_servers]
    return lines


def _keys(client: Client) -> str:
    given = client.keys.given if isinstance(client.keys, ClientKeys) else client.keys
    published = client.keys.published if isinstance(client.keys, ClientKeys) else ()
    listed = [f"{key.kid} ({', '.join(sorted(key.algorithms))})" for key in _file_keys(given)]
    return ", ".join([*listed, *(f"published at {source.url}" for source in published)])


def _file_keys(given: object) -> list[Any]:
    return list(given.keys.values()) if isinstance(given, FileKeys) else []


def _rights(rights: Rights) -> str:
    return "; ".join(
        (
            f"services {', '.join(sorted(rights.services))}"
            if rights.services is not None
            else "all services",
            f"{len(rights.fhir_servers.entries)} FHIR servers"
            if rights.fhir_servers is not None
            else "all FHIR servers of the service",
            f"site profile {rights.site.name}" if rights.site is not None else "site profile of the service",
            f"{rights.calls_per_minute} calls a minute",
        )
    )
