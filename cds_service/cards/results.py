"""Gene results in words: `CYP2C19 poor metabolizer`, `HLA-B*57:01 positive`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cds_service.cards.wording import Wording
from cds_service.core.diplotype import Diplotype
from cds_service.core.finding import Finding, GeneUse
from cds_service.core.phenotype import GeneState
from cds_service.core.weigh import ResultState

#: How an allele is named that is no more than a base at one position.
_AT_POSITION = re.compile(r"(rs\d+) (?:reference|variant) \(([ACGT]+)\)")


def short_result(finding: Finding, wording: Wording) -> str:
    """
    The results that made the finding, for a summary line.

    Results that are as usual (the class of two reference alleles, an absent risk allele) are left out,
    unless all are.
    """
    telling = [use for use in finding.genes if use.state is not None or use.alleles or use.said]
    unusual = [use for use in telling if not _usual(use)]
    return "; ".join(result_words(use, wording) for use in unusual or telling or finding.genes)


def result_words(use: GeneUse, wording: Wording) -> str:
    """One gene in words, without its alleles."""
    gene = use.evidence.gene
    parts = [
        wording.say("text.positive" if present else "text.negative", allele=f"{gene}{allele}")
        for allele, present in use.alleles
    ]
    if use.state is not None and use.state.phenotype:
        words = f"{gene} {_lower(use.state.phenotype)}"
        changed = use.state.changed_by
        if changed:
            key = "changed-short" if use.state.stopped_days is None else "changed-stopped-short"
            words = wording.say(f"text.{key}", result=words, drug=changed)
        parts.append(wording.say("text.possible-short", result=words) if _open(use) else words)
    elif use.state is not None and use.state.diplotype is not None and not parts:
        parts.append(f"{gene} {_alleles(use.state.diplotype)}")
    return ", ".join(parts) or f"{gene} {use.said}".rstrip()


def full_result(use: GeneUse, wording: Wording) -> str:
    """One gene with its alleles, class, score and where the result comes from, in Markdown."""
    gene, state = use.evidence.gene, use.state
    words = [
        wording.say("text.positive" if present else "text.negative", allele=f"{gene}{allele}")
        for allele, present in use.alleles
    ]
    if state is not None and not words:
        named = state.diplotype is not None and not _is_genotype(state.phenotype)
        alleles = f"{gene} {_alleles(state.diplotype)}" if named and state.diplotype else gene
        words.append(
            (", " if named else " ").join(
                part for part in (alleles, _lower(state.tested_as or state.phenotype)) if part
            )
        )
        if state.changed_by:
            words.append(changed_words(state, wording))
        if _open(use):
            words.append(wording.say("text.possible"))
        elif state.score is not None:
            words.append(wording.say("text.score", score=str(state.score)))
    if use.said:
        words.append(f"{gene} {use.said}")
    if not words:
        against = use.evidence.state is ResultState.CONFLICT
        words.append(wording.say("text.contradicting" if against else "text.no-usable-result", gene=gene))
    return wording.say("text.result", result=escape(", ".join(words)), origin=_origin(use, wording))


def changed_words(state: GeneState, wording: Wording) -> str:
    """The class that counts now, and the drug it is due to."""
    now = _lower(state.phenotype)
    if state.stopped_days is None:
        return wording.say("text.changed", now=now, drug=state.changed_by)
    return wording.say("text.changed-stopped", now=now, drug=state.changed_by, days=str(state.stopped_days))


def gene_names(uses: Iterable[GeneUse], wording: Wording) -> str:
    """`TPMT and NUDT15`."""
    return wording.join(dict.fromkeys(use.evidence.gene for use in uses), "list-and")


def escape(text: str) -> str:
    """Keep Markdown from reading the stars of allele names as emphasis.

    >>> escape("CYP2C19 *2/*2")
    'CYP2C19 \\\\*2/\\\\*2'
    """
    return "".join("\\" + sign if sign in "\\`*_[]<>#|" else sign for sign in text)


def _origin(use: GeneUse, wording: Wording) -> str:
    reports = use.evidence.reports
    if reports and all(report.ehr_statement for report in reports):
        return wording.say("text.origin-chart")
    measured = use.evidence.measured_on
    if measured is None:
        return wording.say("text.origin-undated")
    return wording.say("text.origin-dated", date=measured.isoformat())


def _open(use: GeneUse) -> bool:
    """True if the result allows more than one class."""
    return len({state.phenotype for state in use.evidence.possible}) > 1


def _usual(use: GeneUse) -> bool:
    if use.alleles:
        return not any(present for _, present in use.alleles)
    return use.state is not None and use.state.usual


def _lower(phenotype: str) -> str:
    """
    Class names stand in running text in lower case; genotypes and names do not.

    >>> _lower("Poor Metabolizer"), _lower("-1639 AG"), _lower("Two e4 alleles")
    ('poor metabolizer', '-1639 AG', 'two e4 alleles')
    >>> _lower("Factor V Leiden heterozygous")
    'Factor V Leiden heterozygous'
    """
    if any(word == word.upper() and word.isalpha() for word in phenotype.split()):
        return phenotype
    if _is_genotype(phenotype):
        first = phenotype.split()[0]
        return phenotype[:1].lower() + phenotype[1:] if first.istitle() and first.isalpha() else phenotype
    return phenotype.lower()


def _alleles(diplotype: Diplotype) -> str:
    """
    The alleles as they are read at a glance: the bases, where both alleles are bases of one position.

    >>> from cds_service.core.diplotype import AlleleCopies
    >>> names = ("rs1 reference (C)", "rs1 variant (T)", "*2")
    >>> first, second, star = (AlleleCopies(name) for name in names)
    >>> _alleles(Diplotype("GENE1", (first, second))), _alleles(Diplotype("GENE1", (star, star)))
    ('rs1 C/T', '*2/*2')
    """
    found = [_AT_POSITION.fullmatch(str(allele)) for allele in diplotype.alleles]
    bases = [match[2] for match in found if match]
    positions = {match[1] for match in found if match}
    if len(bases) == len(found) and len(positions) == 1:
        return f"{positions.pop()} {'/'.join(bases)}"
    return str(diplotype)


def _is_genotype(phenotype: str) -> bool:
    """True for classes that are genotypes themselves, such as `-1639 AG`; their alleles add nothing."""
    return any(sign.isdigit() for sign in phenotype)
