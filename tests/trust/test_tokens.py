"""Whose token is believed, for which address, for how long, and how often."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from cds_service.trust.callers import Caller
from cds_service.trust.clients import read_clients
from cds_service.trust.keys import ALGORITHMS, FURTHER_ALGORITHMS
from cds_service.trust.token_parts import TokenError
from cds_service.trust.tokens import LEEWAY_SECONDS, LONGEST_LIFE_SECONDS, TokenVerifier
from tests.ehr import ISSUER, PUBLIC, SELECT, Ehr, clients_file, never_fetch, public_jwk

URL = PUBLIC + SELECT
EHR = Ehr()
#: Seconds a busy machine may lose between making a token and checking it.
ROOM = 20


def verifier(folder: Path, *entries: dict[str, Any]) -> TokenVerifier:
    file = clients_file(folder, *(entries or (EHR.entry,)))
    return TokenVerifier(read_clients(file, services=(), fetch=never_fetch), time.time)


def verify(folder: Path, token: str, *entries: dict[str, Any]) -> Caller:
    return verifier(folder, *entries).verify(f"Bearer {token}", URL)


def now() -> int:
    return int(time.time())


def test_a_good_token_tells_who_calls(tmp_path: Path) -> None:
    assert verify(tmp_path, EHR.token(URL)) == Caller(ISSUER)


@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
def test_both_recommended_algorithms_are_accepted_as_they_are(tmp_path: Path, algorithm: str) -> None:
    ehr = Ehr(algorithm=algorithm)
    assert verify(tmp_path, ehr.token(URL), ehr.entry).issuer == ISSUER


@pytest.mark.parametrize("algorithm", sorted(FURTHER_ALGORITHMS))
def test_another_algorithm_is_accepted_only_where_the_site_says_so(tmp_path: Path, algorithm: str) -> None:
    ehr = Ehr(algorithm=algorithm)
    entry = {**ehr.entry, "algorithms": [algorithm]}
    assert verify(tmp_path, ehr.token(URL), entry).issuer == ISSUER
    if ehr.algorithm.startswith(("RS", "PS")):
        unstated = {**ehr.entry, "jwks": {"keys": [public_jwk(ehr.key, "RS384")]}}
        with pytest.raises(TokenError, match="algorithm does not fit the key"):
            verify(tmp_path, ehr.token(URL), unstated)


def test_a_key_that_names_no_algorithm_is_good_for_what_fits_its_kind(tmp_path: Path) -> None:
    for algorithm in sorted(ALGORITHMS):
        ehr = Ehr(algorithm=algorithm)
        jwk = {name: value for name, value in ehr.jwk.items() if name != "alg"}
        entry = {**ehr.entry, "jwks": {"keys": [jwk]}}
        assert verify(tmp_path, ehr.token(URL), entry).issuer == ISSUER


@pytest.mark.parametrize("name", ["iss", "aud", "exp", "iat", "jti"])
def test_every_required_claim_is_required(tmp_path: Path, name: str) -> None:
    with pytest.raises(TokenError):
        verify(tmp_path, EHR.token(URL, **{name: None}))


def test_further_claims_are_ignored(tmp_path: Path) -> None:
    more: dict[str, Any] = {"sub": "client", "nbf": now(), "tenant": "north", "com.example": {"a": [1, None]}}
    assert verify(tmp_path, EHR.token(URL, **more)) == Caller(ISSUER)


@pytest.mark.parametrize(
    ("audience", "accepted"),
    [
        (URL, True),
        ([URL], True),
        (["https://other.example", URL], True),
        (["typed-in-by-hand"], True),
        (PUBLIC, False),
        (URL + "/", False),
        (URL + "/feedback", False),
        (URL.upper(), False),
        ([], False),
        ([[URL]], False),
        ([7, None], False),
        ({URL: 1}, False),
        (7, False),
    ],
)
def test_the_audience_is_the_address_that_was_called_or_a_configured_one(
    tmp_path: Path, audience: object, accepted: bool
) -> None:
    entry = {**EHR.entry, "audiences": ["typed-in-by-hand"]}
    token = EHR.token(URL, aud=audience)
    if accepted:
        assert verify(tmp_path, token, entry).issuer == ISSUER
    else:
        with pytest.raises(TokenError):
            verify(tmp_path, token, entry)


@pytest.mark.parametrize(
    ("claim", "offset", "accepted"),
    [
        ("exp", -LEEWAY_SECONDS + ROOM, True),
        ("exp", -LEEWAY_SECONDS - 1, False),
        ("exp", LONGEST_LIFE_SECONDS, True),
        ("exp", LONGEST_LIFE_SECONDS + LEEWAY_SECONDS + ROOM, False),
        ("iat", LEEWAY_SECONDS - 1, True),
        ("iat", LEEWAY_SECONDS + ROOM, False),
        ("nbf", LEEWAY_SECONDS - 1, True),
        ("nbf", LEEWAY_SECONDS + ROOM, False),
    ],
)
def test_clocks_may_differ_by_a_minute_and_a_token_lives_an_hour(
    tmp_path: Path, claim: str, offset: int, accepted: bool
) -> None:
    token = EHR.token(URL, **{claim: now() + offset})
    if accepted:
        assert verify(tmp_path, token).issuer == ISSUER
    else:
        with pytest.raises(TokenError):
            verify(tmp_path, token)


def test_a_token_counts_once_and_another_ehr_may_use_the_same_id(tmp_path: Path) -> None:
    other = Ehr("https://other.example.org", number=1)
    check = verifier(tmp_path, EHR.entry, other.entry)
    token = EHR.token(URL, jti="1")
    assert check.verify(f"Bearer {token}", URL).issuer == ISSUER
    for again in (token, EHR.token(URL, jti="1", sub="different text, same id")):
        with pytest.raises(TokenError, match="used before"):
            check.verify(f"Bearer {again}", URL)
    assert check.verify(f"Bearer {other.token(URL, jti='1')}", URL).issuer == other.issuer


def test_a_refused_token_does_not_use_up_its_id(tmp_path: Path) -> None:
    check = verifier(tmp_path)
    with pytest.raises(TokenError):
        check.verify(f"Bearer {EHR.token(PUBLIC, jti='1')}", URL)
    assert check.verify(f"Bearer {EHR.token(URL, jti='1')}", URL).issuer == ISSUER


def test_two_keys_are_good_while_an_ehr_changes_them(tmp_path: Path) -> None:
    old, new = Ehr(kid="old"), Ehr(kid="new", number=1)
    entry = {"issuer": ISSUER, "jwks": {"keys": [old.jwk, new.jwk]}}
    for ehr in (old, new):
        assert verify(tmp_path, ehr.token(URL), entry).issuer == ISSUER
    with pytest.raises(TokenError, match="key is not known"):
        verify(tmp_path, old.token(URL), {"issuer": ISSUER, "jwks": {"keys": [new.jwk]}})


def test_listed_tenants_are_told_apart_and_others_are_refused(tmp_path: Path) -> None:
    tenants: dict[str, Any] = {"north": {}, "south": {"services": ["pgx-order-sign"], "callsPerMinute": 7}}
    file = clients_file(tmp_path, {**EHR.entry, "tenants": tenants})
    check = TokenVerifier(read_clients(file, services=["pgx-order-sign"], fetch=never_fetch), time.time)
    north = check.verify(f"Bearer {EHR.token(URL, tenant='north')}", URL)
    south = check.verify(f"Bearer {EHR.token(URL, tenant='south')}", URL)
    assert (north, south) == (Caller(ISSUER, "north"), Caller(ISSUER, "south"))
    assert south.rights.services == {"pgx-order-sign"}
    assert (north.rights.calls_per_minute, south.rights.calls_per_minute) == (6000, 7)
    others: list[object] = ["east", None, "", "North", 7, ["north"]]
    for other in others:
        with pytest.raises(TokenError):
            check.verify(f"Bearer {EHR.token(URL, tenant=other)}", URL)


def test_the_type_of_a_token_may_be_left_out_but_not_be_another(tmp_path: Path) -> None:
    check = verifier(tmp_path)
    for kind in ("JWT", "jwt", None):
        check.verify(f"Bearer {EHR.token(URL, headers={'typ': kind} if kind else {})}", URL)
    for other in ("at+jwt", "dpop+jwt", 7):
        with pytest.raises(TokenError):
            check.verify(f"Bearer {EHR.token(URL, headers={'typ': other})}", URL)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_read_in_any_case(tmp_path: Path, scheme: str) -> None:
    assert verifier(tmp_path).verify(f"{scheme} {EHR.token(URL)}", URL).issuer == ISSUER


def test_no_refusal_shows_the_token(tmp_path: Path) -> None:
    for token in (EHR.token(PUBLIC), EHR.token(URL)[:-4], "x.y.z"):
        with pytest.raises(TokenError) as error:
            verify(tmp_path, token)
        shown = f"{error.value!r} {error.value.__context__!r} {error.value.__cause__!r}"
        assert token[:20] not in shown
