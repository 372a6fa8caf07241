"""
`python -m tests.fuzzing [SECONDS] [TARGET ...]`: fuzzes each target for its share of the time (60 seconds).

Prints a line for each: executions, faults, slowest input. Inputs that made a fault are kept in
`test-artifacts/fuzz`. Exit 1 if there was any.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.fuzzing.targets import MAY_DIE, TARGETS

OUT = Path("test-artifacts/fuzz")
_SCHEMA = "openapi"
#: The fuzzer's own exit code after a signal that ended it.
_DEADLY = 77
#: What may pass at the start and the end of a process, besides its share.
_MORE = 120


def main(arguments: list[str]) -> int:
    """Fuzz and print. Exit 2 if something is missing or unknown."""
    seconds = float(arguments[0]) if arguments else 60.0
    known = (*TARGETS, _SCHEMA)
    wanted = arguments[1:] or known
    if unknown := set(wanted) - set(known):
        print(f"no such target: {', '.join(sorted(unknown))}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    if find_spec("atheris") is None:
        print("fuzzing by coverage needs atheris: pip install 'pgx-cds[fuzz]', or make fuzz", file=sys.stderr)
        return 2
    OUT.mkdir(parents=True, exist_ok=True)
    share, faults = seconds / len(wanted), 0
    for name in wanted:
        found = fuzz(name, share)
        faults += len(found["faults"])
        print(_words(name, found), flush=True)
    return 1 if faults else 0


def fuzz(name: str, seconds: float) -> dict[str, Any]:
    """
    Fuzz one target in processes of its own; one that a C library ended is followed by another.

    Returns:
        `executions`, `faults` (what -> file), `slowest_ms`, `slowest` (file), and how often the library
        `broke_down`, where that is no fault.
    """
    end = time.monotonic() + seconds
    found: dict[str, Any] = {"executions": 0, "faults": {}, "slowest_ms": 0.0, "slowest": "", "broke_down": 0}
    while (left := end - time.monotonic()) > 0:
        code = _run(name, left)
        said = OUT / f"{name}.json"
        _add(found, json.loads(said.read_bytes()) if said.exists() else {})
        if (code < 0 or code == _DEADLY) and name in MAY_DIE:
            found["broke_down"] += 1
        elif code:
            found["faults"][f"the process ended with {code}, see {OUT}/{name}.log"] = f"{name}.log"
            break
    return found


def _run(name: str, seconds: float) -> int:
    """The exit code; negative if a signal ended it."""
    (OUT / f"{name}.json").unlink(missing_ok=True)
    if name == _SCHEMA:
        command = ["tests.fuzzing.by_schema", str(seconds), str(OUT)]
    else:
        command = ["tests.fuzzing.by_atheris", name, str(seconds), str(OUT)]
    with (OUT / f"{name}.log").open("wb") as log:
        child = subprocess.Popen([sys.executable, "-m", *command], stdout=log, stderr=log)
        try:
            return child.wait(seconds + _MORE)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGUSR1)
            time.sleep(1)
            child.kill()
            child.wait()
            return 124


def _add(found: dict[str, Any], more: dict[str, Any]) -> None:
    found["executions"] += more.get("executions", 0)
    found["faults"] |= more.get("faults", {})
    if more.get("slowest_ms", 0.0) > found["slowest_ms"]:
        found["slowest_ms"], found["slowest"] = more["slowest_ms"], more["slowest"]


def _words(name: str, found: dict[str, Any]) -> str:
    died = f", the library that reads it broke down {found['broke_down']} times" * bool(found["broke_down"])
    lines = [
        f"{name:10} {found['executions']:>9,} executions, {len(found['faults'])} faults{died}, "
        f"slowest {found['slowest_ms']} ms ({found['slowest']})"
    ]
    return "\n".join([*lines, *(f"  {what}  {file}" for what, file in found["faults"].items())])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
