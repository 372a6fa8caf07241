"""The pictures of the report, as SVG. Each stands beside a table with the same figures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from cds_service.reports.usage import Line, Usage

MOST_BARS = 15
#: Told apart by people who see few colours, and by their lightness in print.
_ACCEPTED, _OVERRIDDEN, _UNANSWERED = "#0b6e4f", "#c8553d", "#b8b8b8"


@dataclass(frozen=True, slots=True)
class Chart:
    """
    One picture.

    Args:
        title: What it shows.
        svg: The picture.
        alt: The same in a sentence, for those who do not see it.
    """

    title: str
    svg: str
    alt: str


def can_draw() -> bool:
    """Whether the chart library is there: it comes with the extra `report`."""
    return find_spec("matplotlib") is not None


def draw(report: Usage) -> tuple[Chart, ...]:
    """The pictures of a report; none without figures, or without the library."""
    if not can_draw() or not report.total.shown:
        return ()
    weeks, rules = report.tables["week"], report.tables["rule"]
    most = max(weeks, key=lambda line: line.shown)
    return (
        Chart(
            "Cards by week",
            _bars(weeks, upright=True),
            f"Bars for {len(weeks)} weeks; the highest is {most.name} with {most.shown} cards. "
            "The figures are in the table by week.",
        ),
        Chart(
            f"Cards by rule, the {min(len(rules), MOST_BARS)} most frequent",
            _bars(rules[:MOST_BARS], upright=False),
            f"Bars for {min(len(rules), MOST_BARS)} rules; the longest is {rules[0].name} with "
            f"{rules[0].shown} cards. The figures are in the table by rule.",
        ),
    )


def _bars(lines: Sequence[Line], *, upright: bool) -> str:
    """Bars of accepted, overridden and unanswered cards, one upon the other."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    names = [line.name for line in lines]
    parts = (
        ("accepted", [line.accepted for line in lines], _ACCEPTED),
        ("overridden", [line.overridden for line in lines], _OVERRIDDEN),
        ("no answer", [line.shown - line.answers for line in lines], _UNANSWERED),
    )
    # Without date and with fixed ids, so that the same figures give the same file.
    with rc_context({"svg.hashsalt": "pgx-cds", "font.size": 10}):
        size = (8, 3.6) if upright else (8, 1.2 + 0.34 * len(names))
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots()
        below = [0] * len(names)
        for label, values, colour in parts:
            if upright:
                axes.bar(names, values, bottom=below, color=colour, label=label)
            else:
                axes.barh(names, values, left=below, color=colour, label=label)
            below = [a + b for a, b in zip(below, values, strict=True)]
        counted = axes.yaxis if upright else axes.xaxis
        counted.set_major_locator(MaxNLocator(integer=True))
        if upright:
            axes.tick_params(axis="x", rotation=45)
        else:
            axes.invert_yaxis()
        axes.spines[["top", "right"]].set_visible(False)
        figure.legend(loc="outside upper center", ncols=3, frameon=False)
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()
