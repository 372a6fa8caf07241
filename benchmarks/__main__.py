"""
`make bench`: everything that is measured, as ratios of interleaved runs.

Prints as it goes and writes `test-artifacts/bench.json` and `bench.svg`. Parts can be named:
`python -m benchmarks load stages`. `soak --minutes 20` and `faults` are named alone.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import call_back, chart, faults, load, screening, soak, stages, start, vcf
from cds_service.resources import knowledge_folder

OUT = Path("test-artifacts")


def main(wanted: list[str]) -> int:
    """Run the named parts, or all."""
    if wanted and wanted[0] in APART:
        return APART[wanted[0]](wanted[1:])
    unknown = set(wanted) - PARTS.keys()
    if unknown:
        print(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    result: dict[str, Any] = {"machine": _machine()}
    for name, part in PARTS.items():
        if not wanted or name in wanted:
            print(f"\n-- {name} --", flush=True)
            result[name] = part()
    OUT.mkdir(exist_ok=True)
    (OUT / "bench.json").write_text(json.dumps(result, indent=2), encoding="utf-8")
    chart.draw(result, OUT / "bench.svg")
    print(f"\nwritten: {OUT}/bench.json, {OUT}/bench.svg")
    return 0


def _load() -> list[dict[str, Any]]:
    return load.run(os.cpu_count() or 1)


#: In this order; each prints what it finds and returns it.
PARTS: dict[str, Callable[[], Any]] = {
    "load": _load,
    "stages": stages.run,
    "call_back": call_back.run,
    "start": start.run,
    "screening": screening.run,
    "vcf": vcf.run,
}

#: These take their time, and arguments of their own.
APART: dict[str, Callable[[list[str]], int]] = {"soak": soak.main, "faults": faults.main}


def _machine() -> dict[str, Any]:
    knowledge = sum(path.stat().st_size for path in knowledge_folder().rglob("*") if path.is_file())
    return {
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
        "knowledge_bytes": knowledge,
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
