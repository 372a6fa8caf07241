"""The dose that an advice makes of the draft: in words, and as a changed draft."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from cds_service.cards.doses import plain
from cds_service.cards.wording import Wording
from cds_service.core.delivery import Delivered
from cds_service.core.finding import DoseProposal, Finding

UCUM = "http://unitsofmeasure.org"
_MOST_SPELLED = 4


def dose_change_words(finding: Finding, wording: Wording) -> Iterator[str]:
    """`50 % of 100 mg once daily = 50 mg once daily: 1 × 50 mg`, and where it cannot be given, why."""
    proposal = finding.proposal
    if proposal is None:
        return
    before = proposal.before
    exact = _at_a_time(proposal.exact, before.unit, before.per_day, wording)
    given = f"{exact}{_rounded(proposal, wording)}"
    ordered = _at_a_time(before.amount, before.unit, before.per_day, wording)
    if proposal.share is None:
        yield wording.say("text.this-order-limited", before=ordered, after=given)
    else:
        share = f"{plain(proposal.share * 100)} %"
        yield wording.say("text.this-order-share", share=share, before=ordered, after=given)
        yield wording.say("text.this-order-usual")
    other = proposal.elsewhere
    if other is not None:
        yield wording.say("text.this-order-elsewhere", pieces=_pieces(other, wording))
    elif proposal.refused:
        yield wording.say("text.this-order-undeliverable")


def changed_dose(finding: Finding, draft: Mapping[str, Any]) -> dict[str, Any] | None:
    """The draft with the new dose and everything else as it came; None if there is no dose to write."""
    proposal = finding.proposal
    if proposal is None or proposal.given is None:
        return None
    changed = copy.deepcopy(dict(draft))
    instruction = _only(changed.get("dosageInstruction"))
    dose = _only(instruction.get("doseAndRate")) if instruction is not None else None
    quantity = dose.get("doseQuantity") if dose is not None else None
    if instruction is None or not isinstance(quantity, dict):
        return None
    ratio = proposal.given.amount / proposal.before.amount
    in_mg = _is_in_mg_now(proposal)
    _change_words(instruction, proposal, ratio, in_mg=in_mg)
    if in_mg:
        number = _number(proposal.given.amount)
        quantity.clear()
        quantity.update(value=number, unit="mg", system=UCUM, code="mg")
    else:
        quantity["value"] = _number(Decimal(str(quantity["value"])) * ratio)
    return changed


def dose_label(finding: Finding, wording: Wording) -> str:
    """`50 mg once daily`; blank if there is no dose to give."""
    proposal = finding.proposal
    if proposal is None or proposal.given is None:
        return ""
    unit = "mg" if _is_in_mg_now(proposal) else proposal.before.unit
    return _at_a_time(proposal.given.amount, unit, proposal.before.per_day, wording)


def _is_in_mg_now(proposal: DoseProposal) -> bool:
    """Pieces are counted in mg: a dose for each kg or m2 is written as what is really given."""
    counted = proposal.given is not None and proposal.given.count is not None
    return counted and proposal.before.unit != "mg"


def _rounded(proposal: DoseProposal, wording: Wording) -> str:
    """What is given of the exact dose: less, in pieces, or nothing to add."""
    given = proposal.given
    text = ""
    if proposal.exact_mg is not None:
        amount = f"{_short(proposal.exact_mg)} {wording.say('unit.mg')}"
        text = wording.say("text.this-order-person", amount=amount)
    if given is None:
        return text
    if given.amount != (proposal.exact_mg or proposal.exact):
        unit = "mg" if given.count is not None else proposal.before.unit
        amount = f"{plain(given.amount)} {wording.say(f'unit.{unit}')}"
        text += wording.say("text.this-order-rounded", amount=amount)
    if given.count is not None:
        text += wording.say("text.this-order-pieces", pieces=_pieces(given, wording))
    return text


def _pieces(given: Delivered, wording: Wording) -> str:
    """`2 × 50 mg`; blank for what is measured."""
    if given.count is None or given.piece is None:
        return ""
    return f"{plain(given.count)} × {plain(given.piece)} {wording.say('unit.mg')}"


def _at_a_time(amount: Decimal, unit: str, per_day: int, wording: Wording) -> str:
    key = f"times.{per_day}" if per_day <= _MOST_SPELLED else "times.more"
    return wording.say(key, dose=f"{_short(amount)} {wording.say(f'unit.{unit}')}", count=str(per_day))


def _short(amount: Decimal) -> str:
    """A number with two decimals at most: more are not measured."""
    return plain(round(amount, 2))


def _change_words(
    instruction: dict[str, Any], proposal: DoseProposal, ratio: Decimal, *, in_mg: bool
) -> None:
    """The text must not go on naming the old dose; the rest of it stays."""
    if proposal.before.words is None or proposal.given is None:
        return
    text = instruction["text"]
    start, end, end_of_unit = proposal.before.words
    if in_mg:
        instruction["text"] = f"{text[:start]}{plain(proposal.given.amount)} mg{text[end_of_unit:]}"
        return
    number = plain(Decimal(text[start:end].replace(",", ".")) * ratio)
    instruction["text"] = f"{text[:start]}{number}{text[end:]}"


def _only(value: object) -> dict[str, Any] | None:
    """The one object, alone or in an array."""
    items = value if isinstance(value, list) else [value]
    return items[0] if len(items) == 1 and isinstance(items[0], dict) else None


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(round(value, 6))
