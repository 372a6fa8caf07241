"""The secret that the keys of patients are made with, and the keys."""

from __future__ import annotations

import hmac
import os
import re
import secrets
from pathlib import Path

from sqlalchemy import Column, MetaData, String, Table, select
from sqlalchemy.engine import make_url

from cds_service.core.errors import PgxCdsError
from cds_service.store.database import Database

_SECRET = Table(
    "installation",
    MetaData(),
    Column("name", String(40), primary_key=True),
    Column("value", String(200), nullable=False),
)
_NAME = "audit-secret"
_KEY = re.compile(r"[0-9a-f]{64}")


class Keys:
    """
    Makes keys of patients and users; without the secret nobody can tell whose they are.

    Args:
        secret: The same for all processes and as long as keys are to be found again.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def patient(self, ident: str) -> str:
        """The key of a patient, by the plain id of the EHR."""
        return self._key(f"Patient/{ident.removeprefix('Patient/')}")

    def user(self, reference: str) -> str:
        """The key of a user, by `Type/id`."""
        return self._key(reference)

    def named(self, given: str) -> tuple[str, ...]:
        """The keys that somebody may mean: of this plain id, or the key itself."""
        return (self.patient(given), given) if _KEY.fullmatch(given) else (self.patient(given),)

    def _key(self, text: str) -> str:
        return hmac.digest(self._secret, text.encode("utf8", "surrogatepass"), "sha256").hex()


def read_secret(given: str, url: str, database: Database) -> str:
    """
    The secret of this installation: the one that was set, or one that is made once and kept beside the store.

    Args:
        given: What the site set; empty = nothing.
        url: Address of the store.
        database: The store.

    Raises:
        PgxCdsError: If the file with the kept one holds none.
    """
    if given:
        return given
    if database.kind == "sqlite":
        return _kept_in_file(Path(str(make_url(url).database)))
    return _kept_in(database)


def _kept_in_file(store: Path) -> str:
    """Beside the SQLite file, for its owner alone. Of several processes that start, one makes it."""
    path = store.with_name(f"{store.name}.secret")
    if not path.exists():
        made = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        try:
            os.link(made, path)  # unlike a rename it never replaces the secret of another process
        except FileExistsError:
            pass
        finally:
            made.unlink()
    secret = path.read_text("ascii").strip()
    if not secret:
        raise PgxCdsError(f"{path}: this file must hold the secret of the audit; restore it from a backup")
    return secret


def _kept_in(database: Database) -> str:
    database.create(_SECRET)
    with database.begin() as connection:
        database.insert_new(connection, _SECRET, {"name": _NAME, "value": secrets.token_hex(32)})
        query = select(_SECRET.c.value).where(_SECRET.c.name == _NAME)
        return str(connection.execute(query).scalar_one())
