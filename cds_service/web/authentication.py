"""Who is calling: the token of the current request."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from flask import request
from werkzeug.exceptions import Unauthorized

from cds_service.trust.tokens import TokenError, TokenVerifier

_log = structlog.get_logger("pgx_cds.trust")


def authenticator(verifier: TokenVerifier | None, public_url: str | None) -> Callable[[], str]:
    """
    The check the endpoints run first.

    Args:
        verifier: None where calls need no token.
        public_url: Base URL as clients see it, for the audience; None = as the request says.

    Returns:
        What gives the issuer of the token; blank where calls need none.
    """

    def check() -> str:
        if verifier is None:
            return ""
        url = f"{public_url}{request.path}" if public_url else request.base_url
        try:
            return verifier.verify(request.headers.get("Authorization", ""), url)
        except TokenError as error:
            _log.info("call refused", reason=str(error))
            raise Unauthorized from None

    return check
