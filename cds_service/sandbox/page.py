"""The order-entry page: its HTML, its files and the data it offers for choice."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, make_response, render_template, request

from cds_service.sandbox.drugs import DrugSearch
from cds_service.sandbox.patients import Examples

MOST_DRUGS = 20

# Nothing inline, nothing from elsewhere: a hospital network has no internet.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)


def page_blueprint(examples: Examples, drug_search: DrugSearch) -> Blueprint:
    """The page at `/`, its files at `/sandbox/static`, the patients and the drug search at `/sandbox/...`."""
    routes = Blueprint(
        "sandbox_page",
        __name__,
        template_folder="templates",
        static_folder="static",
        static_url_path="/sandbox/static",
    )

    @routes.get("/")
    def page() -> Response:
        response = make_response(render_template("order_entry.html"))
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    @routes.get("/sandbox/patients")
    def patients() -> Response:
        return jsonify(examples)

    @routes.get("/sandbox/drugs")
    def drugs() -> Response:
        return jsonify(drug_search(request.args.get("q", "").strip()[:100])[:MOST_DRUGS])

    return routes
