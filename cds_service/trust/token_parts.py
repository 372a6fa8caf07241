"""Takes a signed token apart, strictly: what two programs could read in two ways is refused."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cds_service.core.errors import PgxCdsError
from cds_service.core.named_once import named_once

#: Real tokens of EHRs have one to two thousand characters.
MOST_CHARACTERS = 8192
_SEGMENTS = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
#: Brackets in one segment; a claim set is flat, lists of audiences and extensions apart.
_MOST_BRACKETS = 64
#: Headers that change what is signed, or bring or name a key of the sender's choice.
_REFUSED_HEADERS = frozenset({"crit", "b64", "zip", "jwk", "x5u"})
_TIMES = ("exp", "iat", "nbf")
#: The year 5138; beyond it stand milliseconds and mistakes.
_LATEST = 100_000_000_000


class TokenError(PgxCdsError):
    """The call is not trusted. The message is for the log; the caller is told nothing."""


@dataclass(frozen=True, slots=True)
class Unverified:
    """What a token says before its signature was checked: good for finding the key, for nothing else."""

    text: str
    algorithm: str
    kid: str
    jku: str | None
    issuer: str
    claims: Mapping[str, Any]


def take_apart(authorization: str) -> Unverified:
    """
    Read the token of an Authorization header.

    Raises:
        TokenError: If there is none, or it is not written in the one plain way.
    """
    scheme, _, text = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise TokenError("no bearer token")
    segments = _SEGMENTS.fullmatch(text.strip()) if len(text) <= MOST_CHARACTERS else None
    if segments is None:
        raise TokenError("not a signed token of a usual size")
    header, claims = _object(segments[1]), _object(segments[2])
    if _REFUSED_HEADERS & set(header):
        raise TokenError("a header that is never accepted")
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.upper() != "JWT":
        raise TokenError("a token of another type")
    _check_times(claims)
    _text(claims, "jti")
    jku = header.get("jku")
    if jku is not None and not isinstance(jku, str):
        raise TokenError("jku is not a text")
    return Unverified(
        segments[0], _text(header, "alg"), _text(header, "kid"), jku, _text(claims, "iss"), claims
    )


def _object(segment: str) -> dict[str, Any]:
    """The JSON object in a segment; every name in it once, and nothing deep."""
    value = None
    try:
        raw = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
        if raw.count(b"{") + raw.count(b"[") <= _MOST_BRACKETS:
            value = json.loads(raw.decode("utf8"), object_pairs_hook=named_once, parse_constant=_no_constant)
    except (binascii.Error, ValueError):
        value = None  # raised below, outside the handler: the parser's message shows the token
    if not isinstance(value, dict):
        raise TokenError("a segment is no plain JSON object")
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _check_times(claims: Mapping[str, Any]) -> None:
    for name in _TIMES:
        value = claims.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TokenError(f"{name} is not a number")
        if not math.isfinite(value) or not 0 <= value <= _LATEST:
            raise TokenError(f"{name} is not a time in seconds")


def _text(part: Mapping[str, Any], name: str) -> str:
    value = part.get(name)
    if not isinstance(value, str) or not value:
        raise TokenError(f"{name} is missing or not a text")
    return value
