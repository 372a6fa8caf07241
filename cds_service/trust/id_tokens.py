"""Checks the identity token that comes with an access token (OpenID Connect)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import jwt

from cds_service.core.errors import PgxCdsError
from cds_service.trust.tokens import LEEWAY_SECONDS

#: RS256 is what OpenID Connect servers use as a rule; symmetric algorithms and `none` never count.
ALGORITHMS = ("RS256", "RS384", "ES256", "ES384")
_MOST_CHARACTERS = 16_384


class IdTokenError(PgxCdsError):
    """The identity token is not trusted. The message holds nothing of it."""


def check_id_token(
    token: str, keys: Iterable[Mapping[str, Any]], *, issuer: str, client_id: str, nonce: str
) -> Mapping[str, Any]:
    """
    The claims of an identity token.

    Args:
        token: As it came.
        keys: The key set of the server.
        issuer: Who must have written it.
        client_id: For whom it must be.
        nonce: What the sign-in was begun with.

    Raises:
        IdTokenError: For any reason.
    """
    if len(token) > _MOST_CHARACTERS:
        raise IdTokenError("identity token: too long")
    try:
        header = jwt.get_unverified_header(token)
        claims: Mapping[str, Any] = jwt.decode(
            token,
            _key(header, keys),
            algorithms=ALGORITHMS,
            audience=client_id,
            issuer=issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": ["iss", "aud", "exp", "iat", "sub"]},
        )
    except jwt.PyJWTError as error:
        raise IdTokenError(f"identity token refused: {type(error).__name__}") from None
    if claims.get("nonce") != nonce:
        raise IdTokenError("identity token refused: it belongs to another sign-in")
    return claims


def _key(header: Mapping[str, Any], keys: Iterable[Mapping[str, Any]]) -> jwt.PyJWK:
    """The key a token names; without a name, the only one there is. The key fixes the algorithm."""
    algorithm = header.get("alg")
    if algorithm not in ALGORITHMS:
        raise IdTokenError("identity token: the algorithm is not allowed")
    signing = [key for key in keys if isinstance(key, Mapping) and key.get("use", "sig") == "sig"]
    kid = header.get("kid")
    named = signing if kid is None else [key for key in signing if key.get("kid") == kid]
    if len(named) != 1:
        raise IdTokenError("identity token: its key is not in the key set of the server")
    key = jwt.PyJWK(dict(named[0]), algorithm=named[0].get("alg") or algorithm)
    if key.algorithm_name != algorithm:
        raise IdTokenError("identity token: the algorithm does not fit the key")
    return key
