"""Which use case answers which hook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cds_service.hooks.chart import ChartView
from cds_service.hooks.evaluate import Evaluator
from cds_service.hooks.request import HookRequest
from cds_service.hooks.trail import Trail


@dataclass(frozen=True, slots=True)
class Judges:
    """
    The use cases of all hooks.

    Args:
        orders: Answers the hooks with draft orders.
        chart: Answers `patient-view`.
    """

    orders: Evaluator
    chart: ChartView

    def evaluate(self, request: HookRequest, trail: Trail | None = None) -> dict[str, Any]:
        """The answer of the one that knows the hook."""
        judge = self.chart if request.hook == "patient-view" else self.orders
        return judge.evaluate(request, trail)
