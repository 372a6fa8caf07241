"""The one line everybody reads: the action first, then why."""

from __future__ import annotations

from cds_service.cards.calculations import calculated_words
from cds_service.cards.doses import dose_words
from cds_service.cards.results import gene_names, short_result
from cds_service.cards.wording import Wording
from cds_service.core.actions import Action
from cds_service.core.finding import Finding

#: CDS Hooks wants fewer than 140 characters.
LIMIT = 139
MOST_NAMED = 2

_NEEDS_DRUG = frozenset({Action.AVOID, Action.CONSIDER_ALTERNATIVE, Action.SWITCH_OR_CAP})
_NEEDS_DOSE = frozenset(
    {
        Action.REDUCE_OR_SWITCH,
        Action.SWITCH_OR_CAP,
        Action.REDUCE_DOSE,
        Action.INCREASE_DOSE,
        Action.CAP_DOSE,
    }
)


def summary(finding: Finding, wording: Wording) -> str:
    """
    The summary of a finding, at most 139 characters.

    Too long ones lose named replacements first, then the second gene, never the action or the drug.
    """
    for named in range(MOST_NAMED, -1, -1):
        for genes in (True, False):
            text = _summary(finding, wording, named, genes)
            if len(text) <= LIMIT:
                return text
    return text[: LIMIT - 1] + "…"


def _summary(finding: Finding, wording: Wording, named: int, all_genes: bool) -> str:
    drug = finding.drug.name
    if finding.comedication:
        return _about_two(finding, wording, named)
    if finding.action is Action.TEST_FIRST or finding.action is Action.RESOLVE_CONFLICT:
        return _about_results(finding, wording)
    names = [choice.alternative.name for choice in finding.offered][:named]
    alternatives = wording.join(names, "list-or")
    dose = calculated_words(finding, wording) or dose_words(finding.dose, finding.action, wording)
    result = short_result(finding, wording)
    if not all_genes:
        result = result.split(";")[0]
    key = f"summary.{finding.action.value}"
    missing = (finding.action in _NEEDS_DRUG and not names) or (finding.action in _NEEDS_DOSE and not dose)
    if finding.action is Action.CALCULATE_DOSE:
        missing = not calculated_words(finding, wording)
    instead = wording.say("text.instead", alternatives=alternatives) if names else ""
    if not dose and wording.has(f"{key}-{finding.condition}"):
        key += f"-{finding.condition}"  # "lower" alone would contradict a start as usual
    elif missing and wording.has(f"{key}-without") or finding.action is Action.CONTRAINDICATED and not names:
        key += "-without"
    text = wording.say(
        key,
        drug=drug,
        alternatives=alternatives,
        dose=dose,
        result=result or _reason(finding, wording),
        instead=instead,
    )
    return text.rstrip(": ").strip()


def _reason(finding: Finding, wording: Wording) -> str:
    """For findings without a result: the condition that made them, such as an age limit."""
    key = f"reason.{finding.condition}"
    return wording.say(key) if wording.has(key) else ""


def _about_results(finding: Finding, wording: Wording) -> str:
    genes = gene_names(finding.genes, wording)
    for notice in finding.notices:
        key = f"summary.{notice.key}"
        if notice.key.startswith("result-") and wording.has(key):
            return wording.say(key, genes=genes, drug=finding.drug.name)
    if finding.action is Action.RESOLVE_CONFLICT:
        return wording.say("summary.resolve-conflict", genes=genes, drug=finding.drug.name)
    if finding.pretest is None:
        return _measure(finding, genes, wording)
    kind = "test-required" if finding.pretest.required else "test-recommended"
    tested = wording.join(finding.pretest.genes, "list-and")
    return wording.say(f"summary.{kind}", genes=tested, drug=finding.drug.name)


def _measure(finding: Finding, genes: str, wording: Wording) -> str:
    """A guideline asks for something to be measured because the genotype alone does not tell."""
    if not finding.monitoring:
        untested = sorted(finding.drug.genes - {use.evidence.gene for use in finding.genes})
        missing = wording.join(untested, "list-and") or genes
        return wording.say("summary.test-recommended", genes=missing, drug=finding.drug.name)
    what = wording.say(f"watch.{finding.monitoring[0]}")
    result = short_result(finding, wording)
    return wording.say("summary.test-activity", what=what, drug=finding.drug.name, result=result).rstrip(": ")


def _about_two(finding: Finding, wording: Wording, named: int) -> str:
    """Two drugs: the one to change comes first."""
    names = [choice.alternative.name for choice in finding.offered][:named]
    drugs = (finding.comedication, finding.drug.name)
    if finding.ends or finding.action is Action.MONITOR:
        key = f"summary.ends-{finding.action.value}" if finding.ends else "summary.care-beside"
        return wording.say(
            key, drug=finding.drug.name, other=finding.comedication, result=short_result(finding, wording)
        )
    change, keep = drugs if finding.action is Action.SWITCH_COMEDICATION else drugs[::-1]
    key = "summary.two-drugs" if names else "summary.two-drugs-without"
    return wording.say(key, change=change, keep=keep, alternatives=wording.join(names, "list-or"))
