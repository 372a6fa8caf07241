"""Work in a child process: its exit code, what it prints, and how it dies."""

from __future__ import annotations

import faulthandler
import os
import signal

import pytest

from cds_service.commands.apart import in_child
from cds_service.core.errors import InputError


@pytest.mark.parametrize("code", [0, 1, 2])
def test_the_exit_code_of_the_child_is_that_of_the_work(code: int) -> None:
    assert in_child(lambda: code, "made.vcf") == code


def test_what_the_child_prints_is_printed_once(capfd: pytest.CaptureFixture[str]) -> None:
    def work() -> int:
        os.write(1, b"told\n")
        return 0

    assert in_child(work, "made.vcf") == 0
    assert capfd.readouterr().out == "told\n"


@pytest.mark.parametrize("fault", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS])
def test_a_child_that_breaks_down_is_an_error_that_names_the_file(fault: signal.Signals) -> None:
    def work() -> int:
        # pytest would print where it happened.
        faulthandler.disable()
        os.kill(os.getpid(), fault)
        return 0

    with pytest.raises(InputError, match=rf"made\.vcf: .* broke down \({fault.name}\)"):
        in_child(work, "made.vcf")


def test_a_child_that_is_ended_from_outside_is_no_fault_of_the_file() -> None:
    def work() -> int:
        os.kill(os.getpid(), signal.SIGKILL)
        return 0

    assert in_child(work, "made.vcf") == 128 + signal.SIGKILL


def test_an_unforeseen_exception_is_shown_and_is_no_success(capfd: pytest.CaptureFixture[str]) -> None:
    def work() -> int:
        raise KeyError("unforeseen")

    assert in_child(work, "made.vcf") == 1
    assert "KeyError: 'unforeseen'" in capfd.readouterr().err


def test_who_ends_the_parent_ends_the_child() -> None:
    def work() -> int:
        os.kill(os.getppid(), signal.SIGTERM)
        while True:
            signal.pause()

    before = signal.getsignal(signal.SIGTERM)
    assert in_child(work, "made.vcf") == 128 + signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) is before
