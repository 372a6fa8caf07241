"""What a missing or unusable result asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cds_service.core.actions import QUIET, Action
from cds_service.core.case import Case, Policy
from cds_service.core.conditions import Facts
from cds_service.core.finding import Finding, GeneUse
from cds_service.core.knowledge_base import Drug
from cds_service.core.model import Notice
from cds_service.core.pretest import missing_test
from cds_service.core.rule_index import SIGN
from cds_service.core.urgency import Urgency
from cds_service.core.weigh import GeneEvidence, ResultState

_UNUSABLE = {
    ResultState.PENDING: (Action.TEST_FIRST, "result-pending"),
    ResultState.DONOR_BLOOD: (Action.RESOLVE_CONFLICT, "result-of-donor-blood"),
    ResultState.UNREADABLE: (Action.RESOLVE_CONFLICT, "result-unreadable"),
    ResultState.NOT_TRANSLATABLE: (Action.RESOLVE_CONFLICT, "result-not-translatable"),
    ResultState.PARTIAL: (Action.TEST_FIRST, "result-partial"),
    ResultState.NO_CALL: (Action.TEST_FIRST, "result-no-call"),
}


def ask_for_test(finding: Finding, case: Case, facts: Facts, policy: Policy) -> Finding:
    """Nothing to change by what is known: is something missing that should be known first?"""
    drug = finding.drug
    missing = missing_test(
        drug, case.evidence, facts, recommended=policy.recommended_tests, if_unknown=policy.tests_if_unknown
    )
    unusable = next(_unusable_results(drug, case), None)
    if unusable is not None:
        action, key = _UNUSABLE[unusable.state]
        loud = Urgency.WARNING if missing and missing.test.required else Urgency.INFO
        return replace(
            finding,
            action=action,
            urgency=loud,
            genes=(GeneUse(unusable),),
            pretest=missing.test if missing else None,
            notices=(*finding.notices, Notice.of(key, gene=unusable.gene), *unusable.notices),
        )
    if missing is None:
        return finding
    loud = Urgency.WARNING if missing.test.required and missing.certain else Urgency.INFO
    notices = finding.notices if missing.certain else (*finding.notices, Notice.of("ancestry-not-recorded"))
    return replace(
        finding,
        action=Action.TEST_FIRST,
        urgency=loud,
        pretest=missing.test,
        rules=(missing.test.id,),
        notices=notices,
    )


def mention_unusable(finding: Finding, case: Case) -> Finding:
    """An advice that rests on one gene also tells about another gene's result that could not be used."""
    told = {use.evidence.gene for use in finding.genes}
    notices = tuple(
        Notice.of(_UNUSABLE[found.state][1], gene=found.gene)
        for found in _unusable_results(finding.drug, case)
        if found.gene not in told or found.state is ResultState.NO_CALL
    )
    return (
        replace(finding, notices=tuple(dict.fromkeys((*finding.notices, *notices)))) if notices else finding
    )


def _unusable_results(drug: Drug, case: Case) -> Iterator[GeneEvidence]:
    """Results that exist for genes whose rules would change the order, but cannot be used as they are."""
    for gene in sorted(drug.genes):
        found = case.evidence.get(gene)
        if found is None or not _matters(drug, gene):
            continue
        if found.state in _UNUSABLE:
            yield found
        elif _undecided_alleles(drug, found):
            yield replace(found, state=ResultState.NO_CALL)


def _matters(drug: Drug, gene: str) -> bool:
    return any(
        branch.action not in QUIET
        for source in drug.sources.values()
        for rule in source.rules
        if any(gene in when for when in rule.when)
        for branch in rule.branches
    )


def _undecided_alleles(drug: Drug, found: GeneEvidence) -> bool:
    """True if an allele the drug's rules ask for was looked at without an answer."""
    if found.state is ResultState.CONFLICT:
        return False
    undecided = [f"{allele} {SIGN[True]}" for allele, present in found.presence.items() if present is None]
    return any(
        word in source.index.asks_for(found.gene) for source in drug.sources.values() for word in undecided
    )
