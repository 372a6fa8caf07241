"""A small read-only FHIR R4 server over the fixtures, open to any browser."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from cds_service.sandbox.capability import capability_statement
from cds_service.sandbox.parameters import PARAMETERS
from cds_service.sandbox.search import RESULT_PARAMETERS, SearchError, search
from cds_service.sandbox.store import Resource, Store

DEFAULT_COUNT, MOST = 50, 200
_JSON_TYPES = ("application/fhir+json", "application/json+fhir", "application/json")
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def fhir_blueprint(store: Store, prefix: str = "/fhir") -> Blueprint:
    """The routes of the endpoint under `prefix`: metadata, read, search by GET and by POST `_search`."""
    routes = Blueprint("sandbox_fhir", __name__, url_prefix=prefix)

    @routes.before_request
    def answer_early() -> Response | None:
        if request.method == "OPTIONS":
            return Response(status=204)
        return None if _wants_json() else _outcome(406, "not-supported", "Only JSON: application/fhir+json.")

    @routes.get("/metadata")
    def metadata() -> Response:
        return _fhir(capability_statement(_base(prefix)))

    @routes.get("/<kind>/<ident>")
    def read(kind: str, ident: str) -> Response:
        resource = store.read(kind, ident)
        if resource is None:
            return _outcome(404, "not-found", "There is no such resource here.")
        return _fhir(resource)

    @routes.get("/<kind>", strict_slashes=False)
    def search_by_get(kind: str) -> Response:
        return _search(store, prefix, kind, list(request.args.items(multi=True)))

    @routes.post("/<kind>/_search")
    def search_by_post(kind: str) -> Response:
        if request.mimetype not in ("application/x-www-form-urlencoded", ""):
            return _outcome(415, "not-supported", "Send the parameters as application/x-www-form-urlencoded.")
        query = [*request.args.items(multi=True), *request.form.items(multi=True)]
        return _search(store, prefix, kind, query)

    @routes.route("/", methods=_METHODS, defaults={"path": ""})
    @routes.route("/<path:path>", methods=_METHODS)
    def anything_else(path: str) -> Response:  # noqa: ARG001
        if request.method == "GET":
            return _outcome(404, "not-found", "Read /{type}/{id}, search /{type}?..., or see /metadata.")
        return _outcome(405, "not-supported", "This server is read-only: GET, or POST to /{type}/_search.")

    routes.after_request(_open_to_any_browser)
    return routes


def _search(store: Store, prefix: str, kind: str, query: list[tuple[str, str]]) -> Response:
    if kind not in PARAMETERS:
        return _outcome(404, "not-supported", "This server has no such resource type; see /metadata.")
    asked = dict(query)
    try:
        count = _whole_number(asked, "_count", DEFAULT_COUNT)
        offset = _whole_number(asked, "_offset", 0)
        found = search(store, kind, query)
    except SearchError as error:
        return _outcome(400, "invalid", str(error))
    base = _base(prefix)
    if count == 0 or asked.get("_summary") == "count":
        return _fhir(_searchset(base, kind, query, [], len(found)))
    size = min(count, MOST)
    bundle = _searchset(base, kind, query, found[offset : offset + size], len(found))
    neighbours = {"next": offset + size} if offset + size < len(found) else {}
    if offset:
        neighbours["previous"] = max(offset - size, 0)
    for relation, start in neighbours.items():
        page = [("_count", str(size)), ("_offset", str(start))]
        bundle["link"].append(_link(relation, base, kind, [*query, *page]))
    return _fhir(bundle)


def _searchset(
    base: str, kind: str, query: list[tuple[str, str]], page: list[Resource], total: int
) -> dict[str, Any]:
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": total}
    bundle["link"] = [_link("self", base, kind, query)]
    if page:
        bundle["entry"] = [
            {
                "fullUrl": f"{base}/{kind}/{resource['id']}",
                "resource": resource,
                "search": {"mode": "match"},
            }
            for resource in page
        ]
    return bundle


def _link(relation: str, base: str, kind: str, query: list[tuple[str, str]]) -> dict[str, str]:
    """A page of this search; of the parameters that may stand once only, the last counts."""
    filters = [(name, value) for name, value in query if name not in RESULT_PARAMETERS]
    shape = {name: value for name, value in query if name in RESULT_PARAMETERS}
    text = urlencode([*filters, *shape.items()])
    return {"relation": relation, "url": f"{base}/{kind}" + (f"?{text}" if text else "")}


def _whole_number(asked: Mapping[str, str], name: str, default: int) -> int:
    text = asked.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit()):
        raise SearchError(f"'{name}' must be a whole number, 0 or more")
    return int(text)


def _wants_json() -> bool:
    """`_format` decides over the Accept header; a browser's `*/*` is fine."""
    wanted = request.args.get("_format", "").replace(" ", "+")
    if wanted:
        return wanted.partition(";")[0] in ("json", *_JSON_TYPES)
    accepted = request.accept_mimetypes
    return not accepted or any(accepted[kind] > 0 for kind in _JSON_TYPES)


def _base(prefix: str) -> str:
    return request.url_root.rstrip("/") + prefix


def _fhir(body: Mapping[str, Any], status: int = 200) -> Response:
    indent = 2 if request.args.get("_pretty") == "true" else None
    text = json.dumps(body, ensure_ascii=False, indent=indent)
    return Response(text, status, content_type="application/fhir+json; charset=utf-8")


def _outcome(status: int, code: str, text: str) -> Response:
    """An OperationOutcome; it never repeats a value that was sent."""
    issue = {"severity": "error", "code": code, "diagnostics": text}
    return _fhir({"resourceType": "OperationOutcome", "issue": [issue]}, status)


def _open_to_any_browser(response: Response) -> Response:
    """
    Cross-origin headers on every answer, errors included.

    The patients are invented, so any origin may read them. Chrome asks separately before a public page,
    such as the CDS Hooks sandbox, may call a server on the user's own machine.
    """
    headers = response.headers
    headers["Access-Control-Allow-Origin"] = "*"
    headers["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
    headers["Access-Control-Allow-Headers"] = "authorization, content-type, accept, prefer, cache-control"
    headers["Access-Control-Max-Age"] = "600"
    if request.headers.get("Access-Control-Request-Private-Network") == "true":
        headers["Access-Control-Allow-Private-Network"] = "true"
    return response
