"""The report as one HTML file that needs nothing from elsewhere, and as CSV."""

from __future__ import annotations

import base64
import csv
import io

from jinja2 import Environment, PackageLoader, StrictUndefined

from cds_service.reports.charts import Chart, can_draw, draw
from cds_service.reports.usage import FEWEST_ANSWERS, LOW_RATE, Line, Usage

_PAGES = Environment(
    loader=PackageLoader("cds_service.reports"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
#: A spreadsheet would take a text that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def page(report: Usage) -> str:
    """The page."""
    charts = [{"title": chart.title, "alt": chart.alt, "source": _embedded(chart)} for chart in draw(report)]
    return _PAGES.get_template("report.html").render(
        report=report,
        charts=charts,
        can_draw=can_draw(),
        fewest=FEWEST_ANSWERS,
        low_rate=f"{LOW_RATE:.0%}",
    )


def tables_as_csv(report: Usage) -> dict[str, str]:
    """File name -> CSV text, one file for each table."""
    head = ["shown", "accepted", "overridden", "answered", "follow rate", "reasons"]
    found = {f"{kind}.csv": _csv([[kind, *head], *map(_row, lines)]) for kind, lines in report.tables.items()}
    found["calls.csv"] = _csv([["outcome", "calls"], *map(list, report.calls.items())])
    found["notices.csv"] = _csv([["topic", "cards"], *map(list, report.notices.items())])
    if report.held_back is not None:
        rows = [[line.reason, line.rule, line.cards] for line in report.held_back]
        found["held-back.csv"] = _csv([["reason", "rule", "cards"], *rows])
    return found


def _row(line: Line) -> list[object]:
    reasons = "; ".join(f"{code}: {number}" for code, number in line.reasons.most_common())
    rate = "" if line.rate is None else f"{line.rate:.3f}"
    return [line.name, line.shown, line.accepted, line.overridden, line.answers, rate, reasons]


def _csv(rows: list[list[object]]) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerows([[_cell(value) for value in row] for row in rows])
    return file.getvalue()


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _embedded(chart: Chart) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(chart.svg.encode()).decode()}"
