"""
What every test shares.

Properties are tried with the same examples everywhere, without a time limit. `make test` uses several
processes: tests of one file stay in one, and what a test has to tell at the end of the run comes from there.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("same-everywhere", derandomize=True, deadline=None)
settings.load_profile("same-everywhere")

pytest_plugins = ["tests.browsers", "tests.client_fixture", "tests.databases"]

#: Folders whose files share something costly that is started once, such as a FHIR server.
TOGETHER = ("tests/servers/",)
_SAID = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def say(pytestconfig: pytest.Config) -> list[str]:
    """Lines to print at the end of the run, however quiet it is."""
    return pytestconfig.stash.setdefault(_SAID, [])


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A process of several hands its lines over."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["said"] = session.config.stash.get(_SAID, [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """The lines of one process of several."""
    lines = node.config.stash.setdefault(_SAID, [])
    lines.extend(getattr(node, "workeroutput", {}).get("said", []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash.get(_SAID, []):
        terminalreporter.write_line(line)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file is one process's, and so is a folder whose files share something."""
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415  only where it is used

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            folder = next((folder for folder in TOGETHER if nodeid.startswith(folder)), None)
            return folder or nodeid.partition("::")[0]

    return ByFile(config, log)
