"""Public keys that tokens are verified with, read from JSON Web Keys."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK, PyJWTError

from cds_service.core.errors import PgxCdsError

#: Always accepted, as CDS Hooks recommends.
ALGORITHMS = frozenset({"ES384", "RS384"})
#: What a site may accept besides, client by client. All are asymmetric: there is no way to configure another.
FURTHER_ALGORITHMS = frozenset({"ES256", "ES512", "RS256", "RS512", "PS256", "PS384", "PS512", "EdDSA"})
SMALLEST_RSA_BITS = 2048
_OF_RSA = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
_OF_CURVE = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}

PublicKey = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey


class KeyProblemError(PgxCdsError):
    """A JSON Web Key cannot be used. The message never shows it."""


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """
    One public key.

    Args:
        kid: Its id in the key set; any text, some EHRs use `+`, `/` and `=`.
        key: What signatures are verified with.
        algorithms: With which algorithms it may be used: those that fit its kind and that the client may use.
    """

    kid: str
    key: PublicKey = field(repr=False)
    algorithms: frozenset[str]


def read_key(data: object, allowed: Collection[str] = ALGORITHMS) -> VerificationKey:
    """
    Read one JSON Web Key.

    Args:
        data: The parsed JSON.
        allowed: Algorithms the client may use. A key without `alg` is good for those that fit its kind.

    Raises:
        KeyProblemError: If it is private, has no id, is not for signatures, too short, or of an unknown kind.
    """
    if not isinstance(data, Mapping):
        raise KeyProblemError("must be an object")
    if {"d", "k", "p", "q"} & set(data):
        raise KeyProblemError("is a private or secret key; put only the public part here")
    kid, stated = data.get("kid"), data.get("alg")
    if not isinstance(kid, str) or not kid:
        raise KeyProblemError("has no kid")
    if data.get("use", "sig") != "sig" or "verify" not in data.get("key_ops", ("verify",)):
        raise KeyProblemError("is not for signatures")
    key = _parse(data)
    fitting = _fitting(key)
    usable = fitting & set(allowed) & ({stated} if isinstance(stated, str) else fitting)
    if not usable:
        raise KeyProblemError(
            f"is for {stated or ', '.join(sorted(fitting)) or 'an unknown algorithm'}; "
            f"allowed: {', '.join(sorted(allowed))}"
        )
    return VerificationKey(kid, key, usable)


def _parse(data: Mapping[str, Any]) -> PublicKey:
    # Without `alg`: the library would bind the key to it, and name a wrong one for keys that have none.
    plain = {name: value for name, value in data.items() if name != "alg"}
    try:
        key: object = PyJWK(plain).key
    except (PyJWTError, ValueError, TypeError, KeyError):
        key = None  # raised below, outside the handler: the library's message shows the key
    if isinstance(key, (RSAPublicKey, EllipticCurvePublicKey, Ed25519PublicKey)):
        return key
    raise KeyProblemError("cannot be used: it is damaged, not complete, or of an unknown kind")


def _fitting(key: PublicKey) -> frozenset[str]:
    """The algorithms that fit the kind of a key."""
    if isinstance(key, RSAPublicKey):
        if key.key_size < SMALLEST_RSA_BITS:
            raise KeyProblemError(f"is too short: RSA keys need {SMALLEST_RSA_BITS} bits or more")
        return _OF_RSA
    if isinstance(key, EllipticCurvePublicKey):
        return frozenset({_OF_CURVE.get(key.curve.name, "")}) - {""}
    return frozenset({"EdDSA"})
