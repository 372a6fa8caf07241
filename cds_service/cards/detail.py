"""
The text below the summary: this patient's facts, the reason, what else to do. Thirty seconds of reading.
"""

from __future__ import annotations

from collections.abc import Iterator

from cds_service.cards.calculations import calculated_words, calculations
from cds_service.cards.dose_change import dose_change_words
from cds_service.cards.doses import dose_words, factor_words, limit_words, on_days
from cds_service.cards.results import escape, full_result
from cds_service.cards.wording import Wording
from cds_service.core.actions import SWITCHES, Action
from cds_service.core.finding import Choice, Finding, Status
from cds_service.core.knowledge_base import LaterStep

MOST_OFFERED = 5
MOST_EXCLUDED = 4


def detail(finding: Finding, wording: Wording, released: str, sources: dict[str, str]) -> str:
    """
    The detail of a card in GitHub-flavoured Markdown without HTML.

    Args:
        finding: What to say.
        wording: In which language.
        released: Date of the knowledge release.
        sources: Source id -> label.
    """
    paragraphs = [
        " ".join(full_result(use, wording) + "." for use in finding.genes),
        " ".join(_reason(finding, wording)),
        " ".join((*_dose(finding, wording), *dose_change_words(finding, wording))),
        " ".join(calculations(finding, wording)),
        " ".join(_replacements(finding, wording)),
        " ".join(_other_way(finding, wording)),
        " ".join(_more(finding, wording)),
        " ".join(_notices(finding, wording)),
        " ".join(_source(finding, wording, released, sources)),
    ]
    return "\n\n".join(text for text in paragraphs if text)


def _reason(finding: Finding, wording: Wording) -> Iterator[str]:
    if finding.implication is not None:
        victim = finding.comedication if _harms_the_other(finding) else finding.drug.name
        yield wording.say(f"implication.{finding.implication.key}", drug=victim)
    if finding.condition and finding.genes:
        yield escape(wording.say(f"condition.{finding.condition}"))


def _harms_the_other(finding: Finding) -> bool:
    """True if the order harms what another drug does, false if it is the one that suffers."""
    ordered_suffers = finding.action is Action.SWITCH_COMEDICATION and not finding.ends
    return bool(finding.comedication and finding.genes) and not ordered_suffers


def _dose(finding: Finding, wording: Wording) -> Iterator[str]:
    dose = finding.dose
    calculated = finding.action is Action.CALCULATE_DOSE and bool(finding.calculations)
    if dose is None or (calculated and dose.low is None):
        return
    parts = []
    if dose.low is not None:
        factor = factor_words(dose.low, dose.high or dose.low, wording)
        parts.append(calculated_words(finding, wording) or factor)
    if dose.limit is not None and not calculated:
        parts.append(limit_words(dose.limit, wording))
    yield wording.say("text.dose-sentence", dose=on_days(", ".join(parts), dose, wording))
    begins_lower = any(calculation.steps for calculation in finding.calculations)
    if dose.applies_to and dose.applies_to != "maximum" and not begins_lower:
        yield wording.say(f"applies.{dose.applies_to}")
    if dose.basis:
        yield wording.say(f"applies.{dose.basis}")


def _replacements(finding: Finding, wording: Wording) -> Iterator[str]:
    offered = finding.offered
    excluded = [choice for choice in finding.alternatives if choice.status is Status.EXCLUDED]
    if offered:
        names = "; ".join(_offer(choice, wording) for choice in offered[:MOST_OFFERED])
        if finding.action is Action.SWITCH_COMEDICATION and finding.comedication and not finding.ends:
            yield wording.say("text.offered-for", drug=finding.comedication, list=names)
        else:
            yield wording.say("text.offered", list=names)
    elif finding.action in SWITCHES and not excluded:
        yield wording.say("text.none-listed")
    if excluded:
        names = "; ".join(
            wording.say("text.excluded-item", name=choice.alternative.name, reason=_reasons(choice, wording))
            for choice in excluded[:MOST_EXCLUDED]
        )
        yield wording.say("text.excluded", list=names)


def _other_way(finding: Finding, wording: Wording) -> Iterator[str]:
    """What can be changed instead, where a drug beside the order is the cause."""
    way = finding.other_way
    if way is None or not way.offered:
        return
    names = "; ".join(_offer(choice, wording) for choice in way.offered[:MOST_OFFERED])
    key = "other-way-order" if way.drug == finding.drug.name else "other-way-beside"
    yield wording.say(f"text.{key}", drug=finding.drug.name, other=way.drug, list=names)
    if way.add:
        yield wording.say("text.other-way-add", drug=way.drug, list=wording.say(f"add.{way.add}"))


def _offer(choice: Choice, wording: Wording) -> str:
    if not choice.reasons:
        return wording.alone(choice.alternative.name)
    return wording.say("text.offered-note", name=choice.alternative.name, note=cautions_of(choice, wording))


def cautions_of(choice: Choice, wording: Wording) -> str:
    """What to mind with a drug that is offered; what speaks against it in this person is called a caution."""
    notes = [wording.notice(reason) for reason in choice.reasons if reason.key.startswith("caution-")]
    against = [wording.notice(reason) for reason in choice.reasons if not reason.key.startswith("caution-")]
    if against:
        notes.insert(0, wording.say("text.caution", list=", ".join(against)))
    return "; ".join(notes)


def _reasons(choice: Choice, wording: Wording) -> str:
    return ", ".join(wording.notice(reason) for reason in choice.reasons)


def _more(finding: Finding, wording: Wording) -> Iterator[str]:
    for step in finding.later:
        yield wording.say(f"later.{step.step}", drug=finding.drug.name, what=_step(step, wording))
    if finding.monitoring and finding.action not in (Action.CONTRAINDICATED, Action.AVOID):
        watched = ", ".join(wording.say(f"watch.{key}") for key in finding.monitoring)
        yield wording.say("text.watch", list=watched)
    if finding.add:
        yield wording.say("text.add", list=wording.say(f"add.{finding.add}"))


def _step(step: LaterStep, wording: Wording) -> str:
    dose = dose_words(step.dose, step.action, wording)
    key = f"step.{step.action.value}"
    words = (
        wording.say(f"{key}-dosed", dose=dose) if dose and wording.has(f"{key}-dosed") else wording.say(key)
    )
    if step.monitoring:
        return f"{words} ({', '.join(wording.say(f'watch.{item}') for item in step.monitoring)})"
    return words


def _notices(finding: Finding, wording: Wording) -> Iterator[str]:
    """Notices with words; some concern only the trace and have none."""
    for notice in dict.fromkeys(finding.notices):
        text = wording.notice(notice)
        if text:
            yield escape(text)


def _source(finding: Finding, wording: Wording, released: str, sources: dict[str, str]) -> Iterator[str]:
    if finding.guideline is not None:
        strength = ""
        if finding.strength:
            strength = wording.say("text.strength", strength=wording.say(f"strength.{finding.strength}"))
        yield wording.say(
            "text.guideline",
            name=finding.guideline.name,
            version=finding.guideline.version,
            strength=strength,
        )
    elif finding.pretest is not None:
        kind = "required" if finding.pretest.required else "recommended"
        yield wording.say(f"text.authority-{kind}", authority=finding.pretest.authority)
    for other in finding.others:
        label = sources.get(other.guideline.source, other.guideline.source)
        yield wording.say("text.others", source=label, action=wording.say(f"action.{other.action.value}"))
    yield wording.say("text.knowledge", released=released)
