"""Screening of made-up populations: how people a second and memory change with their number."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import population


def run(sizes: tuple[int, ...] = (2_000, 8_000, 32_000), workers: int = 2) -> list[dict[str, Any]]:
    """
    Seconds, processor seconds and people a second for each size, through the command.

    Args:
        sizes: Numbers of people.
        workers: Processes.
    """
    rows = []
    for size in sizes:
        with TemporaryDirectory() as folder:
            population.write(size, Path(folder) / "export")
            rows.append(_row(size, _screen(Path(folder), workers), workers))
        print(
            f"screening {size:>9,} people: {rows[-1]['seconds']:.1f} s, "
            f"{rows[-1]['people_per_core_second']:.0f} people a second and core"
        )
    return rows


def _screen(folder: Path, workers: int) -> tuple[float, float]:
    """Seconds by the clock and of the processors."""
    command = [str(Path(sys.executable).with_name("pgx-cds")), "screen", "--patients", str(folder / "export")]
    before, began = _processor(), time.perf_counter()
    subprocess.run(
        [*command, "--out", str(folder / "out"), "--workers", str(workers)], check=True, capture_output=True
    )
    return time.perf_counter() - began, _processor() - before


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _row(size: int, measured: tuple[float, float], workers: int) -> dict[str, Any]:
    seconds, processor = measured
    return {
        "people": size,
        "workers": workers,
        "seconds": round(seconds, 1),
        "processor_seconds": round(processor, 1),
        "people_per_core_second": round(size / processor, 1),
    }
