"""What the tests of the order-entry page do again and again."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, ViewportSize, expect

from tests.sandbox.scripted_service import ScriptedService, medication, suggestion

LAPTOP: ViewportSize = {"width": 1366, "height": 768}
SILENCE = "No pharmacogenomic advice for this order."
CLOPIDOGREL = "clopidogrel 75 mg once daily"
REPLACE = suggestion(
    "Order ticagrelor instead",
    {"type": "delete", "description": "Remove clopidogrel", "resourceId": "MedicationRequest/{order}"},
    {"type": "create", "description": "Draft ticagrelor", "resource": medication("ticagrelor")},
    isRecommended=True,
)


def open_page(page: Page, service: ScriptedService, patient: str = "pgx-stent") -> None:
    page.goto(f"{service.url}?patient={patient}")
    expect(page.get_by_role("heading", name="Try", exact=True)).to_be_visible()


def try_example(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def calls_of(page: Page, service: ScriptedService, hook: str, number: int) -> list[dict[str, Any]]:
    """The calls of a hook, as soon as there are so many; the page makes them a moment after the click."""
    for _ in range(100):
        if len(service.calls_of(hook)) >= number:
            break
        page.wait_for_timeout(50)
    return service.calls_of(hook)


def outcome(text: str) -> dict[str, Any]:
    issue = {"severity": "error", "code": "processing", "diagnostics": text}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


#: Everything a detail may hold, and what must not get through.
DETAIL = """\
**CYP2C19 \\*2/\\*2, poor metabolizer**, and *2/*17 is not *emphasis*.

| Drug | Fits |
|---|---|
| ticagrelor | yes |

1. first
2. second
   - inner

<img src=x onerror="window.broken=1"> <script>window.broken=1</script>
[guideline](https://cpicpgx.org) [trap](javascript:window.broken=1) [other](data:text/html,x)
"""
