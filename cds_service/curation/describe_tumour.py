"""Rules on tumours in words a pharmacist reads, for curation only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cds_service.core.conditions import Condition
from cds_service.core.knowledge_base import Alternative, PreTest
from cds_service.core.tumour_rules import TumourDrug, TumourRule, Use, Wanted
from cds_service.curation.describe import answer_words, condition_words, plain


def wanted_words(when: Iterable[Wanted]) -> str:
    """
    The states of markers a rule is written for; alternatives are joined by "or".

    >>> wanted_words([{"KRAS": ("mutated",)}, {"NRAS": ("mutated",), "BRAF": ("V600E", "V600K")}])
    'KRAS mutated or BRAF V600E or V600K + NRAS mutated'
    >>> wanted_words([{}])
    'any result'
    """
    return " or ".join(_combination(each) for each in when)


def _combination(each: Wanted) -> str:
    return " + ".join(f"{name} {' or '.join(each[name])}" for name in sorted(each)) or "any result"


def use_words(use: Use) -> str:
    """A disease, and the test without which nothing is decided."""
    asked = f"; first a test of {' and '.join(use.test.genes)} ({use.test.id})" if use.test else ""
    known = f", unless {condition_words(use.known_by)}" if asked and use.known_by else ""
    nothing = "" if use.rules or use.test else "; no marker matters"
    return f"{condition_words(use.when)}{asked}{known}{nothing}"


def rule_words(rule: TumourRule) -> str:
    """What a rule is written for, and all its answers."""
    people = f", {condition_words(rule.only)}" if rule.only else ""
    answers = [_answer(rule, branch.when, answer_words(branch)) for branch in rule.branches]
    return f"{wanted_words(rule.when)}{people}: {' | '.join(answers)}"


def _answer(rule: TumourRule, when: Condition | None, words: str) -> str:
    return words if len(rule.branches) == 1 and when is None else f"{condition_words(when)}: {words}"


def test_words(test: PreTest) -> str:
    """A test before the first dose."""
    weight = "required" if test.required else "recommended"
    people = f", {condition_words(test.when)}" if test.when else ""
    code = f", LOINC {test.test[0]}" if test.test else ""
    markers = " and ".join(test.genes)
    return f"test of {markers} before the first dose, {weight} by {test.authority}{people}{code}"


def replacement_words(choice: Alternative) -> str:
    """A replacement, the rules it belongs to, and whom it is not for."""
    against = ", ".join(plain(e.name) for e in (*choice.contraindications, *choice.interactions))
    minded = ", ".join(plain(e.name) for e in choice.cautions)
    return (
        f"replacement {choice.name} for {', '.join(sorted(choice.genes))}"
        + (f"; not if: {against}" if against else "")
        + (f"; mind: {minded}" if minded else "")
    )


def tumour_lines(drug: TumourDrug) -> Iterator[tuple[str, str]]:
    """Everything about one drug as sentences, with the id where it is something that can be signed."""
    yield f"{drug.guideline.name}, {drug.guideline.version}  {drug.guideline.url}", ""
    for use in drug.uses:
        yield f"  {use_words(use)}", ""
        for rule in use.rules:
            strength = f" [{rule.strength}]" if rule.strength else ""
            yield f"    {rule_words(rule)}{strength}", rule.id
    for choice in drug.alternatives:
        yield replacement_words(choice), choice.id
    for test in drug.tests:
        yield test_words(test), test.id


def tumour_facts(drug: TumourDrug | None) -> Mapping[str, str]:
    """Place -> sentence for all that advice is made from; empty without rules."""
    if drug is None:
        return {}
    found = {f"use {use.id}": use_words(use) for use in drug.uses}
    found |= {f"rule {rule.id}": _whole(rule) for rule in drug.rules}
    found |= {f"replacement {c.id}": f"{replacement_words(c)}; rank {c.rank}" for c in drug.alternatives}
    found |= {f"test {test.id}": f"{test_words(test)}; source: {test.cite}" for test in drug.tests}
    found["guideline"] = f"{drug.guideline.name}, {drug.guideline.version}, {drug.guideline.url}"
    return found


def _whole(rule: TumourRule) -> str:
    """A rule with what cards take from it besides the answer."""
    more = (
        ("grade", rule.strength),
        ("reason", plain(rule.implication)),
        ("unsuitable", ", ".join(sorted(rule.unsuitable))),
        ("named", ", ".join(rule.named)),
        ("asks for", rule.test.id if rule.test else ""),
        ("text as of", rule.text_as_of),
        ("source", rule.cite),
    )
    return rule_words(rule) + "".join(f"; {name}: {words}" for name, words in more if words)
