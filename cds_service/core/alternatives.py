"""Replacements, checked against the same person before they are offered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from cds_service.core.actions import QUIET, Action
from cds_service.core.allergies import AllergyClass, class_allergies, own_allergy
from cds_service.core.conditions import Facts
from cds_service.core.finding import Choice, Finding, Status
from cds_service.core.formulary import Formulary
from cds_service.core.knowledge_base import Alternative, Drug, Exclusion
from cds_service.core.model import Identification, Ingredient, Notice, Order, Patient

#: Answers about a replacement that rule it out: it has a problem of its own in this person.
_RULED_OUT = frozenset(
    {
        Action.CONTRAINDICATED,
        Action.AVOID,
        Action.CONSIDER_ALTERNATIVE,
        Action.REDUCE_OR_SWITCH,
        Action.SWITCH_OR_CAP,
        Action.NOT_INDICATED,
        Action.ESCALATE,
        Action.RESOLVE_CONFLICT,
        Action.TEST_FIRST,
    }
)

#: A replacement that needs a test of its own first is named, but is not put on a button.
_TEST_FIRST = "caution-test-first"

#: Judges an order as if it stood alone; None if the knowledge says nothing about its drug.
Judge = Callable[[Order], Finding | None]


@dataclass(frozen=True, slots=True)
class Question:
    """
    What replacements are looked for.

    Args:
        drug: The drug that should be replaced.
        genes: Genes of the rule that asks for it; empty for rules without genes.
        unsuitable: Names the source warns against.
        named: Names the source offers.
        other_drugs: Ingredient codes of the other drafts of the same call.
        allergy_classes: Classes of drugs of which an allergy to one speaks against the others.
        formulary: What the site has and prefers.
    """

    drug: Drug
    genes: frozenset[str]
    unsuitable: frozenset[str]
    named: tuple[str, ...]
    other_drugs: frozenset[str] = frozenset()
    allergy_classes: tuple[AllergyClass, ...] = ()
    formulary: Formulary = field(default_factory=Formulary)


def consider(question: Question, facts: Facts, judge: Judge) -> tuple[Choice, ...]:
    """
    All candidates of the drug for this indication, offered or excluded with the reason; the best come first.

    Where nothing tells what the drug is for, the candidates of every use are named, but none goes on a
    button.
    A candidate is excluded by the source's own warning, a contraindication or interaction on record, an
    allergy,
    or its own pharmacogenomics in this person. A caution leaves it on the list, further down.
    """
    fitting = [
        (candidate, candidate.indication.holds(facts) if candidate.indication else True)
        for candidate in question.drug.alternatives
        if _answers_to(candidate, question)
    ]
    known = any(fits for _, fits in fitting)
    seen: dict[str, Choice] = {}
    for candidate, fits in fitting:
        if candidate.name in seen or candidate.name == question.drug.name:
            continue
        if (fits or (fits is None and not known)) and candidate.name not in question.unsuitable:
            seen[candidate.name] = _consider_one(candidate, facts, judge, question, known=known)
    return tuple(sorted(seen.values(), key=lambda choice: _order(choice, question)))


def _answers_to(candidate: Alternative, question: Question) -> bool:
    """
    A candidate belongs to the genes it was written for; candidates without genes to rules without
    genes.
    """
    if not question.genes:
        return not candidate.genes
    return bool(candidate.genes & question.genes)


def _consider_one(
    candidate: Alternative, facts: Facts, judge: Judge, question: Question, *, known: bool
) -> Choice:
    against = [
        *_holding(candidate.contraindications, facts),
        *_holding(candidate.interactions, facts),
    ]
    if own_allergy(candidate.name, candidate.ingredients, facts.patient):
        against.append(Notice.of("exclusion-allergy", name=candidate.name))
    if _has_failed(candidate, facts.patient):
        against.append(Notice.of("exclusion-failed-before"))
    by_class = list(
        class_allergies(candidate.ingredients, facts.patient, question.allergy_classes, facts.value_sets)
    )
    against += [notice for excludes, notice in by_class if excludes][:1]
    if set(candidate.ingredients) & question.other_drugs:
        against.append(Notice.of("alternative-ordered-too"))
    verdict, dose_note = _own_results(candidate, facts, judge, question.drug)
    against += verdict
    if against:
        return Choice(candidate, Status.EXCLUDED, tuple(against), orderable=False)
    cautions = (
        *_holding(candidate.cautions, facts),
        *dict.fromkeys(note for _, note in by_class),
        *dose_note,
    )
    stocked = not question.formulary.lacks(_names_of(candidate))
    if not stocked:
        cautions = (*cautions, Notice.of("caution-not-on-formulary"))
    tested = not any(note.key == _TEST_FIRST for note in dose_note)
    ready = known and len(candidate.rxcuis) == 1 and tested and stocked
    return Choice(candidate, Status.OFFERED, cautions, orderable=ready)


def _has_failed(candidate: Alternative, patient: Patient) -> bool:
    """True if the drug, or every part of it, was stopped before because it failed."""
    codes = {drug.rxcui for drug in patient.failed if drug.rxcui}
    parts = set(candidate.ingredients)
    return (bool(parts) and parts <= codes) or candidate.name in {drug.name for drug in patient.failed}


def _holding(exclusions: Iterable[Exclusion], facts: Facts) -> list[Notice]:
    return [
        Notice.of("exclusion", name=item.name, note=item.note, taken=item.taken)
        for item in exclusions
        if item.when.holds(facts) is True
    ]


def _own_results(
    candidate: Alternative, facts: Facts, judge: Judge, replaced: Drug
) -> tuple[list[Notice], list[Notice]]:
    """
    What this person's results say about each ingredient of the candidate: reasons against it, and
    doses to mind.
    """
    against: list[Notice] = []
    notes: list[Notice] = []
    for code in candidate.ingredients:
        # A combination may hold the drug it replaces: ivacaftor works together with its correctors.
        if code not in replaced.rxcuis:
            _judge_ingredient(Ingredient(candidate.name, code), facts, judge, against, notes)
    if not candidate.ingredients:
        # A drug without a code is known by its name.
        _judge_ingredient(Ingredient(candidate.name), facts, judge, against, notes)
    return against, notes


def _judge_ingredient(
    ingredient: Ingredient, facts: Facts, judge: Judge, against: list[Notice], notes: list[Notice]
) -> None:
    order = replace(
        facts.order,
        ingredients=(ingredient,),
        identified_by=Identification.RXNORM,
        label=ingredient.name,
        dose=None,
        taken_days=None,
        routes=frozenset(),
        single_administration=False,
    )
    finding = judge(order)
    if finding is None or finding.action in QUIET:
        return
    genes = ", ".join(use.evidence.gene for use in finding.genes)
    if finding.pretest is not None and not finding.genes:
        if finding.pretest.required:
            notes.append(Notice.of(_TEST_FIRST, genes=", ".join(finding.pretest.genes)))
    elif finding.action in _RULED_OUT:
        against.append(Notice.of("exclusion-own-result", genes=genes))
    elif finding.dose and finding.dose.limit:
        limit = finding.dose.limit
        amount = {"value": f"{limit.value:f}", "unit": limit.unit, "period": limit.period}
        notes.append(Notice.of("caution-dose-limit", genes=genes, **amount))
    else:
        notes.append(Notice.of("caution-own-result", genes=genes))


def _names_of(candidate: Alternative) -> frozenset[str]:
    return frozenset({candidate.name, *candidate.rxcuis, *candidate.ingredients})


def _order(choice: Choice, question: Question) -> tuple[int, int, int, int, int]:
    """
    Offered before excluded; without cautions before with; as the site prefers; named by the source before
    others; then as written.
    """
    named = choice.alternative.name in question.named
    return (
        0 if choice.status is Status.OFFERED else 1,
        len(choice.reasons),
        question.formulary.place(_names_of(choice.alternative)),
        0 if named else 1,
        choice.alternative.rank,
    )
