"""The pages under `/smart`: launch, callback, view, sheet."""

from __future__ import annotations

import re
from typing import Protocol

import structlog
from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.exceptions import HTTPException

from cds_service.overview.sheet import sheet_of
from cds_service.overview.values import Overview, State
from cds_service.overview.words import DEFAULT, load_words, page_languages
from cds_service.smart.launch import PENDING_SECONDS, LaunchError, Refusal, Started
from cds_service.smart.session import Session, Ticket
from cds_service.smart.view import SHEET, VIEW
from cds_service.web.errors import where
from cds_service.web.smart.browser import Browser

#: The type of the pages, for those who only pass them on.
Pages = Blueprint

_log = structlog.get_logger("pgx_cds.smart")

_HANDLE = re.compile(r"[0-9a-f]{32}")
_STATUS = {Refusal.SERVER: 502, Refusal.UNKNOWN_SERVER: 403, Refusal.DENIED: 403}
_STATUS_OF_STATE = {State.UNREADABLE: 502}


class LaunchPort(Protocol):
    """Opens sessions."""

    def start(self, server: str, launch: str | None, redirect_uri: str) -> Started:
        """Begin to sign in."""

    def finish(self, state: str, secret: str, code: str, error: str = "") -> tuple[Ticket, Session]:
        """Open a session with what the EHR sent back."""

    def session(self, ticket: Ticket) -> Session | None:
        """An open session."""

    def close(self, ticket: Ticket) -> None:
        """Forget a session."""


class ViewPort(Protocol):
    """Makes views."""

    def show(self, session: Session, page: str) -> Overview:
        """The view of a session's patient; the page is what the audit calls it."""


def smart_blueprint(
    launches: LaunchPort,
    views: ViewPort,
    browser: Browser,
    *,
    servers: tuple[str, ...],
) -> Blueprint:
    """
    The pages.

    Args:
        launches: Opens sessions.
        views: Makes views.
        browser: Cookies and headers.
        servers: FHIR servers where the view can be opened without the EHR.
    """
    words = {language: load_words(language) for language in page_languages()}
    pages = Blueprint(
        "smart",
        __name__,
        url_prefix="/smart",
        template_folder="templates",
        static_folder="static",
        static_url_path="/static",
    )

    @pages.get("/launch")
    def launch() -> Response:
        server = request.args.get("iss", "")
        if not server and len(servers) != 1:
            return _page("choose", servers=servers)
        back = browser.address("callback")
        started = launches.start(server or servers[0], request.args.get("launch"), back)
        response = _to(started.url)
        browser.begin(response, started.ticket, PENDING_SECONDS)
        return response

    @pages.get("/callback")
    def callback() -> Response:
        state = request.args.get("state", "")
        secret = browser.begun(state)
        if not secret:
            _log.info("view refused", reason="no cookie of this sign-in")
            return _page("refused", 400, reason="cookie")
        ticket, session = launches.finish(
            state, secret, request.args.get("code", ""), request.args.get("error", "")
        )
        response = _to(browser.address(f"view/{ticket.handle}"))
        browser.open(response, ticket, state, PENDING_SECONDS * 6)
        return response

    @pages.get("/view/<handle>")
    def view(handle: str) -> Response:
        session = _session(handle)
        if session is None:
            return _page("refused", 403, reason="ended")
        overview = views.show(session, VIEW)
        status = _STATUS_OF_STATE.get(overview.state, 200)
        return _page("view", status, overview.language, view=overview, handle=handle)

    @pages.get("/view/<handle>/sheet")
    def sheet(handle: str) -> Response:
        session = _session(handle)
        if session is None:
            return _page("refused", 403, reason="ended")
        overview = views.show(session, SHEET)
        if overview.state is not State.READ:
            status = _STATUS_OF_STATE.get(overview.state, 200)
            return _page("view", status, overview.language, view=overview, handle=handle)
        made = sheet_of(overview, words[overview.language])
        return _page("sheet", 200, overview.language, view=overview, sheet=made, handle=handle)

    @pages.post("/view/<handle>/close")
    def close(handle: str) -> Response:
        if _HANDLE.fullmatch(handle):
            launches.close(browser.ticket(handle))
        response = _page("refused", reason="closed")
        browser.close(response, handle)
        return response

    def _page(name: str, status: int = 200, language: str = "", **values: object) -> Response:
        """A page in a language; without one in that of the browser, as far as there are words for it."""
        spoken = language or request.accept_languages.best_match(list(words)) or DEFAULT
        return make_response(render_template(f"smart/{name}.html", words=words[spoken], **values), status)

    def _session(handle: str) -> Session | None:
        return launches.session(browser.ticket(handle)) if _HANDLE.fullmatch(handle) else None

    @pages.errorhandler(LaunchError)
    def refused(error: LaunchError) -> Response:
        _log.info("view refused", reason=str(error))
        return _page("refused", _STATUS.get(error.reason, 400), reason=error.reason.value)

    @pages.errorhandler(Exception)
    def fault(error: Exception) -> Response:
        if isinstance(error, HTTPException):
            return _page("refused", error.code or 500, reason="address")
        _log.error("unexpected fault", kind=type(error).__name__, where=where(error))
        return _page("refused", 500, reason="fault")

    pages.after_request(browser.protect)
    return pages


def _to(url: str) -> Response:
    return make_response(redirect(url, 303))
