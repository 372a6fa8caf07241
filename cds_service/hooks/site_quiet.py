"""What a site profile says about holding cards back."""

from __future__ import annotations

from collections.abc import Iterator

from cds_service.core.errors import KnowledgeError
from cds_service.core.knowledge_base import KnowledgeBase
from cds_service.core.urgency import Urgency
from cds_service.hooks.repeats import RepeatChoices
from cds_service.hooks.restraint import QuietChoices
from cds_service.hooks.site_values import Values

#: Keys of the profile that this module reads.
KEYS = frozenset({"silentRules", "severityFloor", "mostCards", "repeatedAlerts"})
_REPEAT_KEYS = frozenset({"filter", "shownIsEnough", "minutes"})
_NONE = "none"


def read_quiet(values: Values) -> QuietChoices:
    """
    Read the choices.

    Raises:
        KnowledgeError: If one cannot be used; it says which and why.
    """
    return QuietChoices(
        silent_rules=frozenset(values.texts("silentRules")),
        floor=values.choice("severityFloor", Urgency.INFO),
        most_cards=values.number("mostCards", None, 1, 50),
        repeats=_repeats(values.inner("repeatedAlerts")),
    )


def _repeats(values: Values) -> RepeatChoices:
    values.only(_REPEAT_KEYS)
    default = RepeatChoices()
    minutes = values.number("minutes", default.minutes, 1, 24 * 60)
    return RepeatChoices(
        filter=values.choice("filter", default.filter),
        shown_is_enough=_shown_is_enough(values),
        minutes=minutes or default.minutes,
    )


def _shown_is_enough(values: Values) -> Urgency | None:
    default = RepeatChoices().shown_is_enough or Urgency.INFO
    if values.values.get("shownIsEnough") == _NONE:
        return None
    try:
        return values.choice("shownIsEnough", default)
    except KnowledgeError as error:
        raise KnowledgeError(str(error).replace("one of ", f"one of {_NONE}, ", 1)) from None


def check_silent_rules(choices: QuietChoices, knowledge: KnowledgeBase) -> None:
    """
    Refuse a profile that silences a rule the knowledge does not have: the rule that was meant would go on.

    Raises:
        KnowledgeError: If so; it names the ids.
    """
    unknown = sorted(choices.silent_rules - set(_rule_ids(knowledge)))
    if unknown:
        raise KnowledgeError(
            f"site profile: silentRules names {', '.join(unknown)}, which the knowledge does not have; "
            "'pgx-cds knowledge show DRUG' lists the ids of a drug"
        )


def _rule_ids(knowledge: KnowledgeBase) -> Iterator[str]:
    for drug in knowledge.drugs.values():
        yield from (rule.id for source in drug.sources.values() for rule in source.rules)
        yield from (test.id for test in drug.pretests)
    yield from (pair.id for pair in knowledge.pairs)
    for tumour in knowledge.tumour.drugs.values() if knowledge.tumour else ():
        yield from (rule.id for rule in tumour.rules)
        yield from (use.test.id for use in tumour.uses if use.test is not None)
