"""The page about writing results says what happens."""

from __future__ import annotations

import contextlib
import io

import pytest

from tests.docs.pages import ROOT, blocks, links, prose, text_of

PAGE = "docs/writing-results.md"


def test_the_example_prints_what_the_page_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    program, shown, *_ = blocks(PAGE)
    monkeypatch.chdir(ROOT)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(program, PAGE, "exec"), {})
    assert [line.rstrip() for line in printed.getvalue().splitlines()] == shown.splitlines()


def test_the_page_is_in_shape() -> None:
    assert [number for number, line in prose(PAGE) if len(line) > 119] == []
    assert [path for path in links(PAGE) if not path.exists()] == []
    assert "(https://" not in text_of(PAGE)
