"""Checks the signed token of a call."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

import jwt
from cachetools import TTLCache

from cds_service.core.errors import PgxCdsError
from cds_service.trust.clients import ALGORITHMS, Client

LEEWAY_SECONDS = 60
LONGEST_LIFE_SECONDS = 3600
MOST_BYTES = 8192
_MOST_REMEMBERED = 100_000


class TokenError(PgxCdsError):
    """The call is not trusted. The message is for the log; the caller is told nothing."""


class TokenVerifier:
    """
    Verifies tokens against the trusted clients.

    Args:
        clients: Issuer -> client.
        clock: Seconds since 1970.
    """

    def __init__(self, clients: Mapping[str, Client], clock: Callable[[], float]) -> None:
        self._clients = clients
        self._clock = clock
        self._seen: TTLCache[tuple[str, str], bool] = TTLCache(
            _MOST_REMEMBERED, LONGEST_LIFE_SECONDS + 2 * LEEWAY_SECONDS, timer=clock
        )
        self._lock = threading.Lock()

    def verify(self, authorization: str, url: str) -> str:
        """
        Check an Authorization header for the address that was called.

        Returns:
            The issuer.

        Raises:
            TokenError: For any reason; the token is not in the message.
        """
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token or len(token) > MOST_BYTES:
            raise TokenError("no bearer token")
        try:
            claims = self._claims(token.strip(), url)
        except jwt.PyJWTError as error:
            raise TokenError(f"token refused: {type(error).__name__}") from None
        self._not_replayed(claims)
        return str(claims["iss"])

    def _claims(self, token: str, url: str) -> dict[str, Any]:
        header = jwt.get_unverified_header(token)
        if header.get("alg") not in ALGORITHMS:
            raise TokenError("algorithm is not allowed")
        # Only to find the key: nothing of it is believed before the signature is checked.
        issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
        client = self._clients.get(issuer) if isinstance(issuer, str) else None
        key = client.keys.get(header.get("kid", "")) if client else None
        if client is None or key is None:
            raise TokenError("issuer or key is not known")
        if key.algorithm_name != header["alg"]:
            raise TokenError("algorithm does not fit the key")
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[key.algorithm_name],
            audience=[url, *client.audiences],
            issuer=client.issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": ["iss", "aud", "exp", "iat", "jti"]},
        )
        if claims["exp"] > self._clock() + LONGEST_LIFE_SECONDS + LEEWAY_SECONDS:
            raise TokenError("token lives too long")
        return claims

    def _not_replayed(self, claims: Mapping[str, Any]) -> None:
        key = (str(claims["iss"]), str(claims["jti"]))
        with self._lock:
            if key in self._seen:
                raise TokenError("token was used before")
            self._seen[key] = True
