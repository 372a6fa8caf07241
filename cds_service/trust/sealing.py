"""Keeps what a session holds unreadable for everybody but the browser it belongs to."""

from __future__ import annotations

import base64
import hashlib
import secrets

import orjson
from cryptography.fernet import Fernet, InvalidToken


def new_secret() -> str:
    """256 random bits for a cookie."""
    return secrets.token_urlsafe(32)


def new_handle() -> str:
    """128 random bits that name something; knowing the name opens nothing."""
    return secrets.token_hex(16)


def seal(content: object, secret: str) -> bytes:
    """
    Encrypt and sign a JSON value with the secret of a cookie.

    The secret is random and long, so that one hash makes a key of it. Whoever has the database has no key,
    and a cookie that was made up opens nothing.
    """
    return _cipher(secret).encrypt(orjson.dumps(content))


def unseal(sealed: bytes, secret: str) -> object | None:
    """
    The JSON value again; None if the secret is another one or anything was changed.

    >>> mine = new_secret()
    >>> unseal(seal({"a": 1}, mine), mine), unseal(seal({"a": 1}, mine), new_secret())
    ({'a': 1}, None)
    """
    try:
        value: object = orjson.loads(_cipher(secret).decrypt(sealed))
    except (InvalidToken, orjson.JSONDecodeError):
        return None
    return value


def _cipher(secret: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"pgx-cds session:" + secret.encode()).digest()))
