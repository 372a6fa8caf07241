"""The application as the demo runs it, built once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from cds_service.settings import Settings
from cds_service.wsgi import build_app


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    store = tmp_path_factory.mktemp("store") / "feedback.sqlite"
    app = build_app(Settings(require_jwt=False, store_url=f"sqlite:///{store}"), demo=True)
    with app.test_client() as found:
        yield found
