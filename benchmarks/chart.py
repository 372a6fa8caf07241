"""The figures as one picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402  the backend without a display has to be chosen first


def draw(result: dict[str, Any], path: Path) -> None:
    """
    Jobs as bars of their ratio to the echo; throughput at each number of connections where it was measured.

    Args:
        result: Of `python -m benchmarks`.
        path: SVG file.
    """
    rows, load = result.get("stages", {}).get("rows", []), result.get("load") or []
    if not rows and not load:
        return
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(12, 6), layout="constrained")
    bars = left.barh([row["job"] for row in rows], [row["ratio"] for row in rows], color="#1b5e8c")
    left.bar_label(bars, [f"{row['ratio']:.1f} x" for row in rows], padding=3, fontsize=8)
    left.invert_yaxis()
    left.set_title("Time of a job, as a multiple of the echo", loc="left")
    names = [str(row["connections"]) for row in load]
    bars = right.bar(names, [100 * row["throughput_ratio"] for row in load], color="#1b5e8c")
    right.bar_label(bars, [f"{row['service_per_second']:.0f}/s" for row in load], padding=3)
    right.set_title("Throughput at so many connections, % of the echo", loc="left")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
