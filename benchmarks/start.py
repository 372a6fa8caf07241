"""Start-up and memory: a fresh process beside one that imports Flask alone."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from tempfile import TemporaryDirectory
from typing import Any

_BUILD = """
import json, re, time
from pathlib import Path
began = time.perf_counter()
{what}
print(json.dumps({{"seconds": time.perf_counter() - began,
    "megabytes": int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024}}))
"""
_JOBS = {
    "flask": "import flask",
    "service": "from cds_service.settings import Settings; from cds_service.wsgi import build_app; "
    "build_app(Settings(require_jwt=False, store_url='sqlite:///{folder}/store.sqlite'))",
}


def run(rounds: int = 5) -> dict[str, Any]:
    """Seconds and megabytes (medians) until the service is built, and until Flask is imported."""
    measured: dict[str, list[dict[str, float]]] = {name: [] for name in _JOBS}
    for _ in range(rounds):
        for name, what in _JOBS.items():
            with TemporaryDirectory() as folder:
                command = [sys.executable, "-c", _BUILD.format(what=what.format(folder=folder))]
                printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            measured[name].append(json.loads(printed.strip().splitlines()[-1]))
    found = {
        name: {part: round(statistics.median(item[part] for item in items), 2) for part in items[0]}
        for name, items in measured.items()
    }
    for name, item in found.items():
        print(f"start of {name:8} {item['seconds']:.2f} s, {item['megabytes']:.0f} MB")
    return {**found, "ratio": round(found["service"]["seconds"] / found["flask"]["seconds"], 2)}
