"""The embedded demo: a FHIR endpoint over the fixtures and an order-entry page."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from cds_service.sandbox.authorization import CLIENT_ID, authorization_blueprint
from cds_service.sandbox.drugs import DrugSearch, drugs_of_examples, one_after_the_other
from cds_service.sandbox.fhir_endpoint import fhir_blueprint
from cds_service.sandbox.page import page_blueprint
from cds_service.sandbox.patients import read_examples
from cds_service.sandbox.store import Store

__all__ = ["CLIENT_ID", "register"]


def register(app: Flask, *, fixtures: Path, drug_search: DrugSearch | None = None) -> None:
    """
    Add the FHIR endpoint at `/fhir`, its sign-in and the order-entry page at `/` to an application.

    The page calls the CDS Hooks service under `/cds-services` of the same application.

    Args:
        app: The application the service already runs in.
        fixtures: The folder with `practitioners.json` and `patients/`; read once, here.
        drug_search: Words typed by the user -> orderable drugs, such as `drugs.drugs_by_name` makes of
            names. They follow the drugs of the ready examples, which the page always offers.

    Raises:
        FileNotFoundError: `fixtures` holds no patients.
    """
    examples = read_examples(fixtures)
    app.register_blueprint(authorization_blueprint({one["id"]: one["name"] for one in examples}))
    app.register_blueprint(fhir_blueprint(Store.from_folder(fixtures)))
    searches = [drugs_of_examples(examples), *([drug_search] if drug_search else [])]
    app.register_blueprint(page_blueprint(examples, one_after_the_other(*searches)))
