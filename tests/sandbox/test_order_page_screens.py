"""The order-entry page on every screen and for every eye: contrast, width, the way to the advice."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.sandbox.page_steps import CLOPIDOGREL, DETAIL, REPLACE, open_page, outcome, try_example
from tests.sandbox.scripted_service import ScriptedService, card

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CONTRASTS = """() => {
  const channel = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const parts = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([red, green, blue]) => 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parts(getComputedStyle(at).backgroundColor);
      if (color.length < 4 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const texts = [...document.querySelectorAll("body *")].filter(
    (element) => element.checkVisibility() && [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()),
  );
  return texts.map((element) => {
    const [one, other] = [light(parts(getComputedStyle(element).color)), light(ground(element))].sort((a, b) => b - a);
    return [Math.round(((one + 0.05) / (other + 0.05)) * 100) / 100, element.tagName, element.textContent.slice(0, 40)];
  });
}"""  # noqa: E501


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_contrast_aa(chromium: Browser, scheme: Any) -> None:
    cards = [card(kind, detail=DETAIL, suggestions=[REPLACE]) for kind in ("critical", "warning", "info")]
    page = chromium.new_page(color_scheme=scheme)
    with ScriptedService({"clopidogrel": cards}, errors={"prasugrel": (500, outcome("Down."))}) as service:
        open_page(page, service)
        try_example(page, CLOPIDOGREL)
        expect(page.get_by_role("article")).to_have_count(3)
        page.wait_for_timeout(300)
        measured = page.evaluate(CONTRASTS)
        assert len(measured) > 40
        assert [text for text in measured if text[0] < 4.5] == []
    page.close()


@pytest.mark.parametrize(
    ("width", "height"),
    [
        pytest.param(390, 844, id="phone"),
        pytest.param(683, 384, id="laptop at 200 %"),
        pytest.param(1366, 768, id="laptop"),
    ],
)
def test_nothing_is_wider_than_the_screen(chromium: Browser, width: int, height: int) -> None:
    long = "Acetylsalicylic" * 6
    page = chromium.new_page(viewport={"width": width, "height": height})
    with ScriptedService(
        {"clopidogrel": [card(summary=long, detail=f"{long}\n\n|a|b|\n|-|-|\n|{long}|{long}|")]}
    ) as service:
        open_page(page, service)
        try_example(page, CLOPIDOGREL)
        expect(page.get_by_role("article")).to_be_visible()
        for name in ("Chart", "Request and answer", "Override"):
            page.get_by_text(name, exact=True).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_on_a_phone_a_bar_leads_to_the_advice(chromium: Browser) -> None:
    page = chromium.new_page(viewport={"width": 390, "height": 844})
    with ScriptedService({"clopidogrel": [card("critical")]}) as service:
        open_page(page, service)
        try_example(page, CLOPIDOGREL)
        bar = page.get_by_role("link", name="1 card. Go to the advice")
        expect(bar).to_be_in_viewport()
        bar.click()
        expect(page.get_by_role("article")).to_be_in_viewport()
    page.close()
