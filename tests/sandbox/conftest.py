"""A browser for the tests that need one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.sandbox.page_steps import LAPTOP

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if not path:
        pytest.skip("no chromium here: apt-get install chromium runs the browser tests")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


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
