"""Settings from the environment, read once at start-up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cds_service.core.errors import PgxCdsError

STORE_URL = "sqlite:///data/pgx-cds.sqlite"
DEADLINE_MS = 450
DEADLINE_FETCH_MS = 2000
#: A correction by the laboratory has to be seen the same hour.
LONGEST_CACHE_SECONDS = 900
#: Fewer characters could be tried out.
SHORTEST_SECRET = 16
MOST_AUDIT_DAYS = 36_500


class SettingsError(PgxCdsError):
    """A setting cannot be used. The message names it and what it should be."""


@dataclass(frozen=True, slots=True)
class Settings:
    """
    All settings.

    Args:
        public_url: Base URL as clients see it, without a slash at the end; None = from the request.
        fhir_allow: Comma list of FHIR base URLs that may be called; empty = no call-backs.
        require_jwt: Whether calls need a valid JWT.
        clients: File of trusted issuers.
        smart: File of the EHRs that may open the detail view; None = there is no such view.
        site: File of the site profile.
        store_url: Database of feedback and audit.
        knowledge: Another knowledge folder.
        deadline_ms: Time budget of one call that brings its data.
        deadline_fetch_ms: Time budget of one call that has to ask the FHIR server.
        fhir_ca: File of authorities for the certificates of FHIR servers; None = the public ones.
        cache_seconds: For how long genomic results are remembered for the same token; 0 = not at all.
        trace_dir: Where a trace of each call is written, with the patient's data; None = nowhere.
        audit_secret: What the keys of patients in the audit are made with; empty = one that is made once.
        audit_days: For how many days the audit is kept; 0 = until somebody deletes it.
        cors_origins: Origins browsers may call from; `*` = any.
        memory_key: File with the key of the memory of alerts; None = a new key with each start.
    """

    public_url: str | None = None
    fhir_allow: str = ""
    require_jwt: bool = True
    clients: Path | None = None
    smart: Path | None = None
    site: Path | None = None
    store_url: str = STORE_URL
    knowledge: Path | None = None
    deadline_ms: int = DEADLINE_MS
    deadline_fetch_ms: int = DEADLINE_FETCH_MS
    fhir_ca: Path | None = None
    cache_seconds: int = 0
    trace_dir: Path | None = None
    audit_secret: str = field(default="", repr=False)
    audit_days: int = 0
    cors_origins: tuple[str, ...] = ("*",)
    memory_key: Path | None = None


def read_settings(environment: Mapping[str, str], *, require_jwt: bool) -> Settings:
    """
    Read the settings.

    Args:
        environment: Usually `os.environ`.
        require_jwt: What holds if `PGX_CDS_REQUIRE_JWT` is not set: True in `serve`, False in `demo`.

    Raises:
        SettingsError: If a value cannot be used.

    >>> read_settings({"PGX_CDS_DEADLINE_MS": "300"}, require_jwt=True).deadline_ms
    300
    """
    both = environment.get("PGX_CDS_DEADLINE_MS", "")
    return Settings(
        public_url=(environment.get("PGX_CDS_PUBLIC_URL") or "").rstrip("/") or None,
        fhir_allow=environment.get("PGX_CDS_FHIR_ALLOW", ""),
        require_jwt=_switch(environment, "PGX_CDS_REQUIRE_JWT", require_jwt),
        clients=_file(environment, "PGX_CDS_CLIENTS"),
        smart=_file(environment, "PGX_CDS_SMART"),
        site=_file(environment, "PGX_CDS_SITE"),
        store_url=environment.get("PGX_CDS_STORE_URL") or STORE_URL,
        knowledge=_file(environment, "PGX_CDS_KNOWLEDGE"),
        deadline_ms=_milliseconds(both) if both else DEADLINE_MS,
        deadline_fetch_ms=_milliseconds(both) if both else DEADLINE_FETCH_MS,
        fhir_ca=_file(environment, "PGX_CDS_FHIR_CA"),
        cache_seconds=_seconds(environment.get("PGX_CDS_CACHE_SECONDS", "") or "0"),
        trace_dir=_file(environment, "PGX_CDS_TRACE_DIR"),
        audit_secret=_secret(environment),
        audit_days=_days(environment.get("PGX_CDS_AUDIT_DAYS", "") or "0"),
        cors_origins=tuple(
            origin.strip()
            for origin in environment.get("PGX_CDS_CORS_ORIGINS", "*").split(",")
            if origin.strip()
        ),
        memory_key=_file(environment, "PGX_CDS_MEMORY_KEY"),
    )


def _switch(environment: Mapping[str, str], name: str, default: bool) -> bool:
    value = environment.get(name, "").strip()
    if not value:
        return default
    if value not in ("0", "1"):
        raise SettingsError(f"{name} must be 0 or 1")
    return value == "1"


def _file(environment: Mapping[str, str], name: str) -> Path | None:
    value = environment.get(name, "").strip()
    if not value:
        return None
    path = Path(value)
    if not path.exists():
        raise SettingsError(f"{name} names a file or folder that does not exist")
    return path


def _milliseconds(value: str) -> int:
    if not value.isdigit() or not 50 <= int(value) <= 60_000:
        raise SettingsError("PGX_CDS_DEADLINE_MS must be a whole number of milliseconds from 50 to 60000")
    return int(value)


def _seconds(value: str) -> int:
    if not value.isdigit() or int(value) > LONGEST_CACHE_SECONDS:
        raise SettingsError(
            f"PGX_CDS_CACHE_SECONDS must be a whole number of seconds from 0 (off) to {LONGEST_CACHE_SECONDS}"
        )
    return int(value)


def _secret(environment: Mapping[str, str]) -> str:
    file = _file(environment, "PGX_CDS_AUDIT_SECRET_FILE")
    given = environment.get("PGX_CDS_AUDIT_SECRET", "").strip()
    if file is not None and given:
        raise SettingsError("set PGX_CDS_AUDIT_SECRET or PGX_CDS_AUDIT_SECRET_FILE, not both")
    secret = file.read_text("utf8").strip() if file is not None else given
    if (secret or file is not None) and len(secret) < SHORTEST_SECRET:
        raise SettingsError(f"the secret of the audit must have at least {SHORTEST_SECRET} characters")
    return secret


def _days(value: str) -> int:
    if not value.isdigit() or int(value) > MOST_AUDIT_DAYS:
        raise SettingsError(
            f"PGX_CDS_AUDIT_DAYS must be a whole number of days up to {MOST_AUDIT_DAYS}; 0 = never deleted"
        )
    return int(value)
