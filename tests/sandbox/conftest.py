"""A page for the tests that need one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.sandbox.page_steps import LAPTOP


@pytest.fixture
def laptop(chromium: Browser) -> Iterator[Page]:
    """A page of laptop size; a fault of a script fails the test that caused it."""
    page = chromium.new_page(viewport=LAPTOP)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.set_default_timeout(10_000)
    yield page
    page.close()
    assert faults == []
