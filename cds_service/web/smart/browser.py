"""What a browser is given and brings back: cookies and headers. Never a token, never patient data."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Response, request

from cds_service.smart.session import Ticket

_LAUNCH, _VIEW = "pgx-launch", "pgx-view"
#: The part of a handle that is in a cookie's name, so that two sign-ins at once do not disturb each other.
_NAMED = 12


@dataclass(frozen=True, slots=True)
class Browser:
    """
    How the pages are served.

    Args:
        public_url: Base URL as browsers see it, without a slash at the end; None = as the request says.
        frame_ancestors: Origins that may show the pages in a frame.
    """

    public_url: str | None
    frame_ancestors: tuple[str, ...]

    @property
    def base(self) -> str:
        """Base URL of the service."""
        return self.public_url or request.url_root.rstrip("/")

    def address(self, path: str) -> str:
        """Address of a page."""
        return f"{self.base}/smart/{path}"

    # -- cookies: each is good for one path, so that two patients in two tabs are never mixed up --

    def begin(self, response: Response, ticket: Ticket, seconds: int) -> None:
        """Give the browser the secret of a sign-in."""
        self._set(response, _launch_name(ticket.handle), ticket.secret, "callback", seconds)

    def begun(self, state: str) -> str:
        """The secret of a sign-in; blank if the browser has none."""
        return request.cookies.get(_launch_name(state), "")

    def open(self, response: Response, ticket: Ticket, state: str, seconds: int) -> None:
        """Give the browser the secret of a view, and take that of the sign-in."""
        self._set(response, _launch_name(state), "", "callback", 0)
        self._set(response, _VIEW, ticket.secret, f"view/{ticket.handle}", seconds)

    def ticket(self, handle: str) -> Ticket:
        """What the browser brings for a view."""
        return Ticket(handle, request.cookies.get(_VIEW, ""))

    def close(self, response: Response, handle: str) -> None:
        """Take the secret of a view."""
        self._set(response, _VIEW, "", f"view/{handle}", 0)

    def _set(self, response: Response, name: str, value: str, path: str, seconds: int) -> None:
        address = urlsplit(self.address(path))
        secure = address.scheme == "https"
        # Inside a frame of the EHR browsers send cookies only if they say so, and keep them apart by EHR.
        framed = secure and bool(self.frame_ancestors)
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            path=address.path,
            secure=secure,
            httponly=True,
            samesite="None" if framed else "Lax",
            partitioned=framed,
        )

    # -- headers --

    def protect(self, response: Response) -> Response:
        """Nothing inline, nothing from elsewhere, in no frame but those that are listed, never stored."""
        ancestors = " ".join(self.frame_ancestors) or "'none'"
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
            f"form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
        )
        if not self.frame_ancestors:
            response.headers["X-Frame-Options"] = "DENY"
        if not request.path.startswith("/smart/static/"):
            response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return response


def _launch_name(state: str) -> str:
    return f"{_LAUNCH}-{state[:_NAMED]}"
