"""Who is calling: the token of the current request, and whether this caller has calls left."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from flask import request
from werkzeug.exceptions import TooManyRequests, Unauthorized

from cds_service.trust.callers import ANYONE, Caller
from cds_service.trust.rates import CallRates
from cds_service.trust.token_parts import TokenError
from cds_service.trust.tokens import TokenVerifier

_log = structlog.get_logger("pgx_cds.trust")


def authenticator(
    verifier: TokenVerifier | None, rates: CallRates, public_url: str | None
) -> Callable[[], Caller]:
    """
    The check the endpoints run first.

    Args:
        verifier: None where calls need no token; then calls are not counted either.
        rates: Counts the calls of each caller.
        public_url: Base URL as clients see it, for the audience; None = as the request says.

    Returns:
        What gives the caller that the token proves.
    """

    def check() -> Caller:
        if verifier is None:
            return ANYONE
        url = f"{public_url}{request.path}" if public_url else request.base_url
        try:
            caller = verifier.verify(request.headers.get("Authorization", ""), url)
        except TokenError as error:
            _log.info("call refused", reason=str(error))
            raise Unauthorized from None
        wait = rates.wait_seconds(caller)
        if wait:
            _log.warning("call refused", reason="too many calls", issuer=caller.issuer, tenant=caller.tenant)
            raise TooManyRequests(retry_after=wait)
        return caller

    return check
