"""What processes hold in memory, as Linux tells it."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.servers import Running

_RESIDENT = re.compile(r"^VmRSS:\s+(\d+) kB", re.MULTILINE)
_SHARE = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


def held(server: Running) -> dict[str, float | list[float]]:
    """
    Megabytes of a service.

    Returns:
        `master` and `workers` as resident size, where a page that they share counts for each of them;
        `together` counts it once.
    """
    pids = [server.process.pid, *server.children]
    master, *workers = (_read(pid, "status", _RESIDENT) for pid in pids)
    together = sum(_read(pid, "smaps_rollup", _SHARE) for pid in pids)
    return {"master": master, "workers": workers, "together": round(together, 1)}


def _read(pid: int, file: str, wanted: re.Pattern[str]) -> float:
    """0.0 for a process that has just ended."""
    try:
        found = wanted.search(Path(f"/proc/{pid}/{file}").read_text())
    except (FileNotFoundError, ProcessLookupError):
        found = None
    return round(int(found[1]) / 1024, 1) if found else 0.0
