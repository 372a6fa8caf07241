"""
Fuzzes one target by coverage: `python -m tests.fuzzing.by_atheris TARGET SECONDS FOLDER`.

A process of its own, because the fuzzer ends its process. FOLDER gets what it found, as `TARGET.json`, and
each input that made a fault; it goes on after a fault, and counts those from one line of code once.
"""

from __future__ import annotations

import faulthandler
import json
import os
import random
import signal
import sys
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

import atheris
from hypothesis import HealthCheck, given, settings

_BEGAN = time.monotonic()
with atheris.instrument_imports(include=["cds_service"]):
    from tests.fuzzing.targets import TARGETS, Target

_SECONDS_THAT_HANG = 60
#: Seconds between two writings of what was found so far: a C library may end the process at any time.
_EVERY = 1.0
_MEGABYTES = 4_000


class Watch:
    """Counts what is tried, keeps the slowest input and the faults, and ends in time."""

    def __init__(self, name: str, target: Target, seconds: float, folder: Path) -> None:
        self.name, self.target, self.folder = name, target, folder
        self.end, self.told = _BEGAN + seconds, time.monotonic()
        self.check = target.here or target.check
        self.executions, self.slowest, self.slowest_input = 0, 0.0, b""
        self.faults: dict[str, str] = {}
        self.try_one = self._raw if target.raw else self._drawn()

    def __call__(self, data: bytes) -> None:
        began = time.process_time()  # a busy machine is not the input's fault
        try:
            self.try_one(data)
        except Exception as error:  # whatever it is: that it came out is the fault
            self._note(error, data)
        seconds = time.process_time() - began
        self.executions += 1
        if seconds > self.slowest and self.executions > 1:  # the first one builds the service
            self.slowest, self.slowest_input = seconds, data
        now = time.monotonic()
        if now > self.told + _EVERY or now > self.end:
            self.told = now
            self.tell()
        if now > self.end:
            os._exit(0)

    def tell(self) -> None:
        """Write what was found so far."""
        slow = self.folder / f"{self.name}-slowest"
        slow.write_bytes(self.slowest_input)
        found = {
            "executions": self.executions,
            "faults": self.faults,
            "slowest_ms": round(1000 * self.slowest, 1),
            "slowest": str(slow),
        }
        (self.folder / f"{self.name}.json").write_text(json.dumps(found), encoding="utf-8")

    def _raw(self, data: bytes) -> None:
        assert self.target.raw is not None
        self.check(self.target.raw(data))

    def _drawn(self) -> Any:
        @settings(database=None, deadline=None, suppress_health_check=list(HealthCheck))
        @given(self.target.values)
        def check(value: Any) -> None:
            self.check(value)

        return check.hypothesis.fuzz_one_input

    def _note(self, error: Exception, data: bytes) -> None:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"
        if where not in self.faults:
            number = len(self.faults)
            (self.folder / f"{self.name}-fault-{number}").write_bytes(data)
            text = "".join(traceback.format_exception(error))
            (self.folder / f"{self.name}-fault-{number}.txt").write_text(text, encoding="utf-8")
            self.faults[where] = f"{self.name}-fault-{number}"


def main(name: str, seconds: float, folder: Path) -> None:
    """Fuzz until the time is over; a hang or a death of the process leaves no JSON file."""
    faulthandler.register(signal.SIGUSR1)  # the parent asks where we are before it ends us
    target = TARGETS[name]()
    corpus = folder / f"{name}-corpus"
    corpus.mkdir(exist_ok=True)
    for number, seed in enumerate(target.seeds):
        if _is_survived(target, seed):
            (corpus / f"seed-{number}").write_bytes(seed)
    if target.raw is None:  # bytes that choices are drawn from: too few make no value
        chance = random.Random(1)
        for number in range(30):
            (corpus / f"drawn-{number}").write_bytes(chance.randbytes(chance.choice((60, 300, 2000))))
    watch = Watch(name, target, seconds, folder)
    if target.raw is None:
        with suppress(Exception):  # tables that are made at the first draw are not the input's fault
            watch.try_one(bytes(2000))
    limits = [
        f"-timeout={_SECONDS_THAT_HANG}",
        f"-rss_limit_mb={_MEGABYTES}",
        "-max_len=4096",
        "-len_control=0",
    ]
    atheris.Setup([sys.argv[0], *limits, f"-artifact_prefix={folder}/{name}-", str(corpus)], watch)
    atheris.Fuzz()


def _is_survived(target: Target, seed: bytes) -> bool:
    """Whether a process outlives a seed: one that kills the library would end each fuzzer at its start."""
    if target.here is None or target.raw is None:
        return True
    child = os.fork()
    if child == 0:
        with suppress(Exception):
            target.here(target.raw(seed))
        os._exit(0)
    return not os.WIFSIGNALED(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), Path(sys.argv[3]))
