"""Rules for drugs whose place depends on the tumour: uses, rules on markers, tests, replacements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cds_service.core.conditions import Condition
from cds_service.core.knowledge_base import Alternative, Branch, Guideline, PreTest
from cds_service.core.tumour_markers import Marker, MarkerEvidence

#: Marker -> words of which one has to hold.
Wanted = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class TumourRule:
    """
    What a source says for some states of markers.

    Args:
        id: Stable, never reused.
        when: Alternatives; each maps markers to words, and all of its markers have to fit.
        branches: Answers; at least one.
        only: Whom or which order the rule is for; it has to be known. None = everyone.
        strength, implication, unsuitable, named, text_as_of, cite: As in `Rule`.
        test: Where the answer is to test first: the test.
    """

    id: str
    when: tuple[Wanted, ...]
    branches: tuple[Branch, ...]
    only: Condition | None = None
    strength: str = ""
    implication: str = ""
    unsuitable: frozenset[str] = frozenset()
    named: tuple[str, ...] = ()
    test: PreTest | None = None
    text_as_of: str = ""
    cite: str = ""

    def markers_met(self, evidence: Mapping[str, MarkerEvidence]) -> tuple[str, ...]:
        """The markers of the alternatives that hold, each once."""
        met = [each for each in self.when if _fits(each, evidence)]
        return tuple(dict.fromkeys(marker for each in met for marker in each))

    def holds(self, evidence: Mapping[str, MarkerEvidence]) -> bool | None:
        """Is the tumour of this kind? None if the reports do not tell."""
        answers = [_fits(each, evidence) for each in self.when]
        if True in answers:
            return True
        return None if None in answers else False


@dataclass(frozen=True, slots=True)
class Use:
    """
    One disease a drug is used for.

    Args:
        id: Stable inside the file.
        when: What the drug is ordered for.
        rules: Tried in their order: the first that holds decides. None = no marker matters here.
        test: The test without which nothing is decided; None = nothing is asked for.
        known_by: A diagnosis that states the marker itself.
    """

    id: str
    when: Condition
    rules: tuple[TumourRule, ...] = ()
    test: PreTest | None = None
    known_by: Condition | None = None


@dataclass(frozen=True, slots=True)
class TumourDrug:
    """What one source says about one drug and the tumours it is used for."""

    drug: str
    guideline: Guideline
    uses: tuple[Use, ...]
    alternatives: tuple[Alternative, ...] = ()

    @property
    def rules(self) -> tuple[TumourRule, ...]:
        """The rules of all uses."""
        return tuple(rule for use in self.uses for rule in use.rules)

    @property
    def markers(self) -> frozenset[str]:
        """The markers that rules look at or tests ask for."""
        looked_at = {marker for rule in self.rules for each in rule.when for marker in each}
        return frozenset(looked_at.union(*(test.genes for test in self.tests)))

    @property
    def tests(self) -> tuple[PreTest, ...]:
        """The tests of all uses and rules, each once."""
        asked = [use.test for use in self.uses] + [rule.test for rule in self.rules]
        return tuple({test.id: test for test in asked if test is not None}.values())

    def rule(self, rule_id: str) -> TumourRule | None:
        """The rule with this id."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)


@dataclass(frozen=True, slots=True)
class TumourKnowledge:
    """
    Everything about tumours, apart from the germline rules.

    Args:
        markers: Name -> marker.
        drugs: Drug name -> rules.
    """

    markers: Mapping[str, Marker] = field(default_factory=dict)
    drugs: Mapping[str, TumourDrug] = field(default_factory=dict)

    def genes_for(self, drug: str) -> frozenset[str]:
        """The genes under which the reports come that the rules of a drug look at."""
        rules = self.drugs.get(drug)
        if rules is None:
            return frozenset()
        return frozenset(gene for name in rules.markers for gene in self.markers[name].genes)


def _fits(wanted: Wanted, evidence: Mapping[str, MarkerEvidence]) -> bool | None:
    return _all(_is_one_of(evidence.get(marker), words) for marker, words in wanted.items())


def _is_one_of(evidence: MarkerEvidence | None, words: tuple[str, ...]) -> bool | None:
    if evidence is None:
        return None
    answers = [evidence.is_(word) for word in words]
    if True in answers:
        return True
    return None if None in answers else False


def _all(answers: Iterable[bool | None]) -> bool | None:
    found = list(answers)
    if False in found:
        return False
    return None if None in found else True
