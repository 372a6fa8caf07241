"""Checks the signed token of a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jwt

from cds_service.trust.callers import Caller, Rights
from cds_service.trust.clients import Client
from cds_service.trust.replay import ReplayGuard, UsedTokens
from cds_service.trust.token_parts import TokenError, Unverified, take_apart

LEEWAY_SECONDS = 60
LONGEST_LIFE_SECONDS = 3600


class TokenVerifier:
    """
    Verifies tokens against the trusted clients.

    Args:
        clients: Issuer -> client.
        clock: Seconds since 1970.
        used: Where processes share which tokens were used; None = this one stands alone.
    """

    def __init__(
        self, clients: Mapping[str, Client], clock: Callable[[], float], used: UsedTokens | None = None
    ) -> None:
        self._clients = clients
        self._clock = clock
        self._guard = ReplayGuard(used, LONGEST_LIFE_SECONDS + 2 * LEEWAY_SECONDS, clock)

    def verify(self, authorization: str, url: str) -> Caller:
        """
        Check an Authorization header for the address that was called.

        Raises:
            TokenError: For any reason; the token is not in the message.
        """
        token = take_apart(authorization)
        client = self._clients.get(token.issuer)
        if client is None:
            raise TokenError("issuer is not known")
        claims = self._claims(token, client, url)
        if claims["exp"] > self._clock() + LONGEST_LIFE_SECONDS + LEEWAY_SECONDS:
            raise TokenError("token lives too long")
        tenant = _tenant(claims)
        rights = _rights(client, tenant)
        if not self._guard.first_use(client.issuer, claims["jti"], int(claims["exp"]) + LEEWAY_SECONDS + 1):
            raise TokenError("token was used before")
        return Caller(client.issuer, tenant if client.tenants else "", rights)

    def _claims(self, token: Unverified, client: Client, url: str) -> dict[str, Any]:
        key = client.keys.find(token.kid, token.jku)
        if key is None:
            raise TokenError("key is not known")
        # What the token names is only ever compared with what the key is good for.
        if token.algorithm not in key.algorithms:
            raise TokenError("algorithm does not fit the key")
        try:
            claims: dict[str, Any] = jwt.decode(
                token.text,
                key.key,
                algorithms=[token.algorithm],
                audience=[url, *client.audiences],
                issuer=client.issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["iss", "aud", "exp", "iat", "jti"]},
            )
        except jwt.PyJWTError as error:
            kind = type(error).__name__
        else:
            return claims
        raise TokenError(f"token refused: {kind}")


def _tenant(claims: Mapping[str, Any]) -> str:
    tenant = claims.get("tenant", "")
    if not isinstance(tenant, str):
        raise TokenError("tenant is not a text")
    return tenant


def _rights(client: Client, tenant: str) -> Rights:
    """What the caller may do; a client with a list of tenants is none of them without naming one."""
    if not client.tenants:
        return client.rights
    rights = client.tenants.get(tenant)
    if rights is None:
        raise TokenError("tenant is not known")
    return rights
