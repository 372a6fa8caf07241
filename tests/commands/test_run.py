"""The server keeps what it built out of the search for garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from cds_service.commands.run import _Server


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_was_built_is_not_searched() -> None:
    built = [["first"], ["second"]]
    server = _Server(lambda: built.pop(0), {})  # type: ignore[arg-type,return-value]
    assert not _searched(server.load())
    assert server.rebuild()
    assert server.load() == ["second"]  # type: ignore[comparison-overlap]
    assert not _searched(server.load())
    gc.unfreeze()
    assert _searched(server.load())


def test_an_application_that_is_replaced_and_refers_to_itself_is_given_back() -> None:
    class Built:
        def __init__(self) -> None:
            self.myself = self

    server = _Server(Built, {})  # type: ignore[arg-type]
    alive = sum(isinstance(each, Built) for each in _everything())
    assert server.rebuild()
    assert sum(isinstance(each, Built) for each in _everything()) == alive == 1


def _searched(value: object) -> bool:
    return any(each is value for each in gc.get_objects())


def _everything() -> list[object]:
    gc.unfreeze()
    return gc.get_objects()
