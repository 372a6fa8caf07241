"""Rules in words a pharmacist reads: results, conditions, doses, answers. In English, for curation only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from cds_service.core import conditions as c
from cds_service.core.actions import DoseAdvice, DoseLimit
from cds_service.core.knowledge_base import Branch, LaterStep, ResultKey, Rule

_DOSES = {
    "": "dose",
    "total": "dose",
    "initial-then-titrate": "start dose",
    "start": "start dose",
    "maintenance": "maintenance dose",
    "maximum": "maximum dose",
    "loading": "loading dose",
}


def plain(key: str) -> str:
    """A key as words.

    >>> plain("acute_coronary_syndrome"), plain("consider-alternative")
    ('acute coronary syndrome', 'consider alternative')
    """
    return key.replace("_", " ").replace("-", " ")


def number(value: Decimal) -> str:
    """A number without trailing zeros.

    >>> number(Decimal("0.50")), number(Decimal("1E+1"))
    ('0.5', '10')
    """
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


# -- results ---------------------------------------------------------------------------------------


def results_words(when: Iterable[Mapping[str, ResultKey]]) -> str:
    """
    The results a rule is written for; alternatives are joined by "or".

    >>> poor = ResultKey(frozenset({"Poor Metabolizer"}))
    >>> results_words([{"TPMT": poor, "NUDT15": ResultKey(otherwise=True)}])
    'NUDT15 any other result + TPMT poor'
    >>> results_words([{}])
    'any result'
    """
    return " or ".join(dict.fromkeys(_combination(combination) for combination in when))


def _combination(combination: Mapping[str, ResultKey]) -> str:
    parts = [f"{gene} {key_words(key)}" for gene, key in sorted(combination.items())]
    return " + ".join(parts) or "any result"


def key_words(key: ResultKey) -> str:
    """What may stand for one gene.

    >>> key_words(ResultKey(frozenset({"Normal Metabolizer", "*1/*2"}), (c.Range(from_=Decimal("2.5")),)))
    '*1/*2 or normal or score 2.5 and more'
    """
    if key.otherwise:
        return "any other result"
    words = [_class_words(word) for word in sorted(key.words)]
    words += [f"score {range_words(band)}" for band in key.scores]
    return " or ".join(words)


def _class_words(word: str) -> str:
    """A class without what all classes share; alleles and genotypes keep their letters."""
    short = word.removesuffix(" Metabolizer")
    return short if any(sign in short for sign in "*-/") else short.lower()


# -- conditions ------------------------------------------------------------------------------------


def range_words(bounds: c.Range, unit: str = "") -> str:
    """Bounds.

    >>> range_words(c.Range(from_=Decimal(12), below=Decimal(18)), "years")
    'from 12 below 18 years'
    >>> range_words(c.Range(from_=Decimal("0.5"), up_to=Decimal("0.5")))
    '0.5'
    """
    end = f" {unit}" if unit else ""
    if bounds.from_ is not None and bounds.from_ == bounds.up_to:
        return f"{number(bounds.from_)}{end}"
    low = _bound(("from", bounds.from_), ("above", bounds.above))
    high = _bound(("up to", bounds.up_to), ("below", bounds.below))
    if low and high:
        return f"{low} {high}{end}"
    if bounds.from_ is not None:
        return f"{number(bounds.from_)}{end} and more"
    return f"{low or high or 'any'}{end}"


def _bound(*bounds: tuple[str, Decimal | None]) -> str:
    return " and ".join(f"{word} {number(value)}" for word, value in bounds if value is not None)


def condition_words(condition: c.Condition | None) -> str:
    """
    A condition in words; the same words for the same meaning, whatever the order of its names.

    >>> condition_words(c.All((c.Indication(("stroke",)), c.Not(c.Age(c.Range(below=Decimal(12)))))))
    'ordered for stroke and not (age below 12 years)'
    """
    if condition is None:
        return "in all other cases"
    words = _CONDITIONS.get(type(condition))
    return words(condition) if words else str(condition)


def _names(names: Iterable[str]) -> str:
    return " / ".join(plain(name.removeprefix("class:")) for name in sorted(names))


def _parts(parts: Iterable[c.Condition], word: str) -> str:
    return word.join(
        f"({condition_words(part)})" if isinstance(part, c.All | c.AnyOf) else condition_words(part)
        for part in parts
    )


_CONDITIONS: Mapping[type, Callable[[Any], str]] = {
    c.Indication: lambda v: f"ordered for {_names(v.sets)}",
    c.ReasonSays: lambda v: f"said to be {_names(v.yes)}",
    c.Problem: lambda v: f"{_names(v.sets)} on record",
    c.CurrentProblem: lambda v: f"{_names(v.sets)} at present",
    c.Age: lambda v: f"age {range_words(v.years, 'years')}",
    c.Weight: lambda v: f"weight {range_words(v.kg, 'kg')}",
    c.Sex: lambda v: str(v.value),
    c.OrderedDose: lambda v: f"ordered dose {range_words(v.amount, f'{v.unit} a day')}",
    c.TakenDays: lambda v: f"taken for {range_words(v.days, 'days')}",
    c.Route: lambda v: f"{_names(v.routes)} use",
    c.SingleDose: lambda _: "single dose",
    c.Ancestry: lambda v: f"{_names(v.sets)} recorded",
    c.Encounter: lambda v: f"encounter {' or '.join(sorted(v.classes))}",
    c.HasDiplotype: lambda v: f"{v.gene} {' or '.join(sorted(v.diplotypes))}",
    c.TakesDrug: lambda v: f"takes {_names(v.sets)}",
    c.TakesOne: lambda v: f"takes RxNorm {v.rxcui}",
    c.OrderedWith: lambda v: f"in one product with RxNorm {' or '.join(sorted(v.rxcuis))}",
    c.All: lambda v: _parts(v.parts, " and "),
    c.AnyOf: lambda v: _parts(v.parts, " or "),
    c.Not: lambda v: f"not ({condition_words(v.part)})",
}


# -- doses and answers -----------------------------------------------------------------------------


def factor_words(dose: DoseAdvice | None) -> str:
    """
    The factor of a dose; empty if there is none.

    >>> factor_words(DoseAdvice(Decimal("0.3"), Decimal("0.8"), None, "start"))
    'start dose 30-80 %'
    """
    if dose is None or dose.low is None:
        return ""
    low, high = number(dose.low * 100), number((dose.high or dose.low) * 100)
    basis = f" of the {plain(dose.basis)}" if dose.basis else ""
    return f"{dose_kind(dose)} {low if low == high else f'{low}-{high}'} %{basis}"


def dose_kind(dose: DoseAdvice) -> str:
    """Which dose is meant."""
    return _DOSES.get(dose.applies_to, f"{plain(dose.applies_to)} dose")


def limit_words(limit: DoseLimit | None) -> str:
    """
    An absolute dose with unit and period; empty if there is none.

    >>> limit_words(DoseLimit(Decimal("20"), "mg", "day", "maximum", below=True))
    'maximum below 20 mg a day'
    """
    if limit is None:
        return ""
    sign = "below " if limit.below else ""
    return f"{limit.kind} {sign}{number(limit.value)} {limit.unit} a {limit.period}"


def dose_words(dose: DoseAdvice | None) -> str:
    """Factor, limit and days; empty if there is none."""
    if dose is None:
        return ""
    parts = (factor_words(dose), limit_words(dose.limit), days_words(dose.days_a_week))
    return ", ".join(text for text in parts if text)


def days_words(days: int | None) -> str:
    """
    On how many days a dose is given; empty for every day.

    >>> days_words(3), days_words(None)
    ('on 3 days a week', '')
    """
    return f"on {days} days a week" if days else ""


def answer_words(answer: Branch | LaterStep) -> str:
    """
    What to do, without its condition.

    >>> from cds_service.core.actions import Action
    >>> answer_words(Branch(Action.AVOID, tentative=True, monitoring=("blood-count",)))
    'consider: avoid; watch blood count'
    """
    text = plain(answer.action.value)
    if getattr(answer, "tentative", False) and not text.startswith("consider"):
        text = f"consider: {text}"
    parts = [f"{text}, {dose_words(answer.dose)}" if dose_words(answer.dose) else text]
    if answer.monitoring:
        parts.append(f"watch {keys_words(answer.monitoring)}")
    if isinstance(answer, Branch):
        parts += [f"add {plain(answer.add)}"] if answer.add else []
        parts += [f"later, {plain(step.step)}: {answer_words(step)}" for step in answer.later]
    return "; ".join(parts)


def keys_words(keys: Iterable[str]) -> str:
    """Keys as a list."""
    return ", ".join(plain(key) for key in keys)


def branches_words(rule: Rule) -> str:
    """
    All answers of a rule.

    >>> from cds_service.core.actions import Action
    >>> branches_words(Rule("r", ({},), (Branch(Action.STANDARD),)))
    'standard'
    """
    if len(rule.branches) == 1 and rule.branches[0].when is None:
        return answer_words(rule.branches[0])
    return " | ".join(f"{condition_words(b.when)}: {answer_words(b)}" for b in rule.branches)
