"""A table of guideline look-ups from elsewhere beside the knowledge: what is equal, what differs and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from cds_service.core.knowledge_base import KnowledgeBase
from cds_service.curation.compare_answers import Difference, differences
from cds_service.curation.compare_differences import Explanation, stale
from cds_service.curation.compare_rules import NotCoveredError, Place, rule_for
from cds_service.curation.compare_table import LookUp

#: How an explanation names a look-up that has no rule: field, theirs, ours.
LOOK_UP, STATED, NOT_COVERED = "look-up", "stated", "not covered"


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    What came out.

    Args:
        equal: Look-ups without a difference.
        explained: Look-ups whose differences all have a reason.
        unexplained: Look-ups with a difference nobody has explained.
        not_covered: Look-ups without a rule to compare with, and why.
        known_gaps: Look-ups without a rule, where somebody has explained it.
        open: The differences without a reason.
        reasons: Reason -> number of look-ups it explains something of.
        stale: Rows of the file of explanations that fit nothing any more.
    """

    equal: tuple[LookUp, ...]
    explained: tuple[LookUp, ...]
    unexplained: tuple[LookUp, ...]
    not_covered: tuple[tuple[LookUp, str], ...]
    known_gaps: tuple[LookUp, ...]
    open: tuple[Difference, ...]
    reasons: Mapping[str, int]
    stale: tuple[Explanation, ...]

    @property
    def compared(self) -> int:
        """Number of look-ups that met a rule."""
        return len(self.equal) + len(self.explained) + len(self.unexplained)

    @property
    def good(self) -> bool:
        """True if every difference has a reason and every reason a difference."""
        return not self.open and not self.stale


def compare(
    lookups: Iterable[LookUp],
    knowledge: KnowledgeBase,
    populations: Mapping[str, tuple[Place, ...]],
    explanations: Collection[Explanation],
) -> Comparison:
    """
    Ask the knowledge for every look-up.

    Args:
        lookups: As `read_lookups` gives them.
        knowledge: Compiled.
        populations: Population of the table -> where the rules speak about it.
        explanations: Differences with a reason.
    """
    equal: list[LookUp] = []
    explained: list[LookUp] = []
    unexplained: list[LookUp] = []
    not_covered: list[tuple[LookUp, str]] = []
    known_gaps: list[LookUp] = []
    found: list[Difference] = []
    left: list[Difference] = []
    reasons: Counter[str] = Counter()
    for lookup in lookups:
        try:
            differing = _differences(lookup, knowledge, populations)
        except NotCoveredError as error:
            gap = Difference(lookup, "", LOOK_UP, STATED, NOT_COVERED)
            known = _explanation(gap, explanations)
            if known is None:
                not_covered.append((lookup, str(error)))
                continue
            known_gaps.append(lookup)
            reasons[known.reason] += 1
            found.append(gap)
            continue
        told = [_explanation(item, explanations) for item in differing]
        silent = [item for item, row in zip(differing, told, strict=True) if row is None]
        (unexplained if silent else explained if differing else equal).append(lookup)
        reasons.update({row.reason for row in told if row})
        found += differing
        left += silent
    compared = [*equal, *explained, *unexplained]
    return Comparison(
        tuple(equal),
        tuple(explained),
        tuple(unexplained),
        tuple(not_covered),
        tuple(known_gaps),
        tuple(left),
        reasons,
        stale(explanations, compared, found),
    )


def report(result: Comparison) -> Iterator[str]:
    """The lines of a report: open differences, what has no rule, rows to delete, and the counts."""
    yield from (str(item) for item in result.open)
    for lookup, reason in result.not_covered:
        yield f"not covered: {lookup.source.upper()} {lookup.drug}, {lookup.text}: {reason} ({lookup.record})"
    for row in result.stale:
        yield f"line {row.line} of the explanations fits no difference any more: {row}"
    yield f"{result.compared} look-ups compared: {len(result.equal)} equal"
    yield f"  {len(result.explained)} differ and are explained"
    yield f"  {len(result.unexplained)} differ without an explanation"
    yield f"{len(result.not_covered) + len(result.known_gaps)} look-ups not covered"
    if result.known_gaps:
        yield f"  {len(result.known_gaps)} of them are explained"


def _explanation(difference: Difference, explanations: Collection[Explanation]) -> Explanation | None:
    return next((row for row in explanations if row.fits(difference)), None)


def _differences(
    lookup: LookUp, knowledge: KnowledgeBase, populations: Mapping[str, tuple[Place, ...]]
) -> tuple[Difference, ...]:
    if not lookup.answers:
        raise NotCoveredError("the statement depends on a condition: give the file of branches")
    rule, place = rule_for(lookup, knowledge, populations)
    return tuple(differences(lookup, rule, place))
