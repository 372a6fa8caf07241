"""`docs/operations.md` lists what there is."""

from __future__ import annotations

import re

from flask.testing import FlaskClient

from tests.docs.pages import text_of

PAGE = "docs/operations.md"


def test_every_figure_is_listed(client: FlaskClient) -> None:
    served = re.findall(r"^# HELP (\w+) ", client.get("/metrics").get_data(as_text=True), re.MULTILINE)
    listed = re.findall(r"^\| `(pgx_cds_\w+)`", text_of(PAGE), re.MULTILINE)
    assert sorted(listed) == sorted(set(served) - {name for name in served if name.endswith("_created")})
