"""Charts of a screening's summary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402  the backend without a display has to be chosen first

from cds_service.screening.summary import Summary  # noqa: E402

_MOST_BARS = 25
_COLOUR, _LIGHT = "#1b5e8c", "#c8d6e0"


def draw(summary: Summary, out: Path) -> list[Path]:
    """
    Write `charts/*.svg`: by drug, by gene, by age.

    Returns:
        The files; none for what has no rows.
    """
    folder = out / "charts"
    folder.mkdir(exist_ok=True)
    wanted = (
        ("by_drug", "drug", "people", "People with a card, by drug"),
        ("by_gene", "gene", "tested", "People with a card, by gene of the result"),
        ("by_age", "age_band", "people", "People with a card, by age"),
    )
    return [
        _bars(summary.tables[name], label, of, title, folder / f"{name}.svg")
        for name, label, of, title in wanted
        if summary.tables[name]
    ]


def _bars(rows: list[dict[str, Any]], label: str, of: str, title: str, path: Path) -> Path:
    """A dark bar for those with a card over a light one for all; both numbers stand beside them."""
    shown = rows[:_MOST_BARS]
    height = max(2.0, 0.3 * len(shown) + 1.2)
    figure, axes = pyplot.subplots(figsize=(9, height), layout="constrained")
    names = [str(row[label]) for row in shown]
    axes.barh(names, [row[of] for row in shown], color=_LIGHT, label=of)
    bars = axes.barh(names, [row["would_fire"] for row in shown], color=_COLOUR, label="with a card")
    axes.bar_label(bars, [f"{row['would_fire']:,} of {row[of]:,}" for row in shown], padding=4, fontsize=8)
    axes.invert_yaxis()
    more = f" (first {_MOST_BARS} of {len(rows)})" if len(rows) > _MOST_BARS else ""
    axes.set_title(f"{title}{more}", loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.legend(loc="lower right", frameon=False)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
    return path
