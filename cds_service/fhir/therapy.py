"""For how long a drug has been taken already, from the orders and statements on file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from cds_service.core.model import Order
from cds_service.fhir.drug_use import DrugUse


def taken_days(order: Order, uses: Iterable[DrugUse], today: date) -> int | None:
    """
    Days since the first order or statement of the same drug that is in use; None if there is none.

    A course that was completed says nothing about tolerating the drug now, unless the draft continues it.

    Args:
        order: The draft.
        uses: What the record says about drugs.
        today: Day of the call.
    """
    wanted = {ingredient.name for ingredient in order.ingredients}
    starts = [
        use.since
        for use in uses
        if any(ingredient.name in wanted for ingredient in use.ingredients)
        and use.since is not None
        and use.since <= today
        and use.reference != order.reference
        and (use.taken_on(today) or (use.status == "completed" and use.reference == order.continues))
    ]
    return (today - min(starts)).days if starts else None
