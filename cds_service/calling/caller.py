"""Calls one gene of one sample from the codes of its positions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from cds_service.calling.codes import SINGLE, Reason
from cds_service.calling.matching import AlleleMatcher, Match
from cds_service.calling.observed import Observed, observe
from cds_service.calling.results import GeneCall, Outcome, SeenVariant
from cds_service.calling.sites import Site
from cds_service.calling.variant_list import VariantLister
from cds_service.calling.words import some
from cds_service.core.definitions import CallingMethod, Copies, GeneDefinition, Undocumented
from cds_service.core.genes import Gene
from cds_service.core.genotype_alleles import in_order
from cds_service.core.genotype_values import AlleleCopies, Diplotype
from cds_service.core.notice import Notice
from cds_service.core.phenotype import GeneState, states_of


@dataclass(frozen=True, slots=True)
class Settings:
    """
    What the user said about the samples.

    Args:
        absent_is_reference: Positions the file lacks are the reference.
        sex: `female`, `male`, or empty = not known.
    """

    absent_is_reference: bool = False
    sex: str = ""


@dataclass(frozen=True, slots=True)
class GeneCaller:
    """
    Calls a gene. Built once, then used for every sample.

    Args:
        definition: How the alleles are defined.
        gene: What the alleles mean.
        sites: The positions in the build of the file, in the order of the definition.
        settings: What the user said.
    """

    definition: GeneDefinition
    gene: Gene
    sites: tuple[Site, ...]
    settings: Settings
    _matcher: AlleleMatcher
    _lister: VariantLister | None
    _known: dict[tuple[str, ...], tuple[Diplotype, tuple[GeneState, ...]]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, definition: GeneDefinition, gene: Gene, sites: Iterable[Site], settings: Settings
    ) -> GeneCaller:
        """Prepare a gene."""
        lists = definition.method is CallingMethod.VARIANT_LIST
        lister = VariantLister.of(definition, gene) if lists else None
        matcher = AlleleMatcher.of(definition)
        return cls(definition, gene, tuple(sites), settings, matcher, lister)

    def call(self, codes: Sequence[int], phases: Sequence[int]) -> GeneCall:
        """
        Call one sample.

        Args:
            codes: Two for each position.
            phases: One for each position, see `observe`.
        """
        seen = observe(codes, phases)
        call = self._called(seen)
        notices = dict.fromkeys((*call.notices, *self._about(seen, call)))
        return replace(call, variants=tuple(self._variants(seen)), notices=tuple(notices))

    def _called(self, seen: Observed) -> GeneCall:
        lost = [place for place in seen.unseen if not self._site(place).extra]
        empty = GeneCall(
            self.gene.symbol,
            Outcome.NO_CALL,
            missing=tuple(self._site(place) for place in lost),
            untestable=self._untestable(lost),
        )
        if not lost:
            return self._of_seen(seen, empty)
        number = sum(1 for site in self.definition.positions if not site.extra)
        if len(lost) == number and all(seen.unseen[place] is Reason.ABSENT for place in lost):
            return replace(empty, outcome=Outcome.NOT_COVERED, untestable=())
        wrong = [place for place in lost if seen.unseen[place] is Reason.MISMATCH]
        if wrong:
            return replace(empty, notices=(Notice.of("reference-differs", positions=self._names(wrong)),))
        if len(lost) == number:
            return empty
        structural = [place for place in lost if seen.unseen[place] is Reason.STRUCTURAL]
        if structural:
            return replace(
                empty, notices=(Notice.of("structural-change", positions=self._names(structural)),)
            )
        required = [place for place in lost if self._site(place).required]
        if required:
            return replace(empty, notices=(Notice.of("required-missing", positions=self._names(required)),))
        return self._of_seen(seen, empty)

    def _of_seen(self, seen: Observed, empty: GeneCall) -> GeneCall:
        single, notices = self._copies(seen)
        if single is None:
            return replace(empty, notices=notices)
        known, unknown = self._without_undocumented(single)
        if unknown:
            notices = (
                *notices,
                Notice.of("undocumented", policy=self.definition.undocumented.value, bases=unknown),
            )
            if self.definition.undocumented is Undocumented.NO_CALL:
                return self._fallback(seen, replace(empty, notices=notices))
        call = self._by_list(known, empty) if self._lister else self._by_alleles(known, empty)
        call = replace(call, notices=(*notices, *call.notices)) if notices else call
        return self._fallback(known, call) if call.outcome is Outcome.NO_CALL else call

    # copies

    def _copies(self, seen: Observed) -> tuple[Observed | None, tuple[Notice, ...]]:
        """The positions as one or two copies; None if they contradict each other, with the reason."""
        if self.definition.copies is Copies.TWO:
            if seen.has_single:
                return None, (Notice.of("one-copy-of-two"),)
            return seen, ()
        heterozygous = [place for place in seen.heterozygous if not self._site(place).extra]
        if self.definition.copies is Copies.MITOCHONDRIAL:
            if heterozygous:
                return None, (Notice.of("heteroplasmic", positions=self._names(heterozygous)),)
            return _single(seen), ()
        return self._of_sex(seen, heterozygous)

    def _of_sex(self, seen: Observed, heterozygous: list[int]) -> tuple[Observed | None, tuple[Notice, ...]]:
        one_copy = seen.has_single
        if heterozygous and (one_copy or self.settings.sex == "male"):
            return None, (Notice.of("sex-contradicts", positions=self._names(heterozygous)),)
        if one_copy and self.settings.sex == "female":
            return None, (Notice.of("one-copy-of-two"),)
        if one_copy or self.settings.sex == "male":
            return _single(seen), ()
        if not heterozygous and not self.settings.sex:
            return seen, (Notice.of("one-or-two-copies"),)
        return seen, ()

    # bases nobody has documented

    def _without_undocumented(self, seen: Observed) -> tuple[Observed, str]:
        """The same with unknown bases as reference, and the unknown bases in words."""
        pairs, unknown = dict(seen.pairs), []
        for place in seen.varied:
            site = self.sites[place]
            odd = [code for code in pairs[place] if code != SINGLE and code >= site.documented]
            if not odd:
                continue
            if not site.defined.extra:
                unknown.append(f"{site.defined.name} {'/'.join(site.bases(code) for code in odd)}")
            first, second = (0 if code in odd else code for code in pairs[place])
            pairs[place] = (first, second)
        if not unknown:
            return seen, ""
        sets = (frozenset(p for p in group if pairs[p][0] != pairs[p][1]) for group in seen.phase_sets)
        kept = tuple(group for group in sets if group)
        return Observed(pairs, seen.unseen, kept), ", ".join(unknown)

    # methods

    def _by_alleles(self, seen: Observed, empty: GeneCall) -> GeneCall:
        matches = self._matcher.matches(seen)
        if not matches:
            return replace(empty, notices=(Notice.of("no-allele-fits"),))
        best = [match for match in matches if match.score == matches[0].score]
        notices: list[Notice] = []
        preferred = self._priority(matches) if not seen.phased else None
        if preferred:
            others = ", ".join(name for name in map(self._name, matches) if name != self._name(preferred))
            notices.append(Notice.of("more-common", diplotype=self._name(preferred), others=others))
            best = [preferred]
        call = self._with_diplotypes(empty, [match.alleles for match in best])
        if not preferred:
            notices += self._second_best(call, matches[len(best) :])
        return replace(call, notices=tuple(notices)) if notices else call

    def _by_list(self, seen: Observed, empty: GeneCall) -> GeneCall:
        assert self._lister is not None
        finding = self._lister.find(seen)
        call = self._with_diplotypes(empty, [finding.deciding])
        notices = list(finding.notices)
        if len(finding.found) > 1:
            listed = ", ".join(
                f"{name} (x{number})" if number > 1 else name for name, number in finding.found
            )
            notices.append(Notice.of("all-variants", variants=listed))
        if not finding.certain:
            notices.append(Notice.of("assumed-in-trans"))
        return replace(call, notices=tuple(notices))

    def _fallback(self, seen: Observed, failed: GeneCall) -> GeneCall:
        """The call by one position, where the gene has one and it was seen."""
        rule = self.definition.fallback
        if rule is None:
            return failed
        place = next(i for i, site in enumerate(self.definition.positions) if site.position == rule.position)
        pair = seen.pairs.get(place)
        alleles = [rule.alleles.get(self.sites[place].bases(code)) for code in pair or () if code != SINGLE]
        if len(alleles) != 2 or None in alleles:
            return failed
        call = self._with_diplotypes(failed, [tuple(str(allele) for allele in alleles)])
        return replace(
            call, notices=(*failed.notices, Notice.of("by-one-position", position=self._names([place])))
        )

    def _with_diplotypes(self, empty: GeneCall, pairs: Iterable[tuple[str, ...]]) -> GeneCall:
        found = dict(self._stated(pair) for pair in pairs)
        states = [state for of_diplotype in found.values() for state in of_diplotype]
        outcome = Outcome.CALLED if len(found) == 1 else Outcome.AMBIGUOUS
        return replace(empty, outcome=outcome, diplotypes=tuple(found), states=tuple(dict.fromkeys(states)))

    def _stated(self, names: tuple[str, ...]) -> tuple[Diplotype, tuple[GeneState, ...]]:
        """The diplotype of some alleles, and what it means."""
        known = self._known.get(names)
        if known is None:
            reported = (AlleleCopies(self.definition.report_as.get(name, name)) for name in names)
            diplotype = in_order(self.gene, reported)
            known = self._known[names] = (diplotype, tuple(states_of(diplotype, self.gene)))
        return known

    def _name(self, match: Match) -> str:
        return str(self._stated(match.alleles)[0])

    def _priority(self, matches: Sequence[Match]) -> Match | None:
        """The more common one of diplotypes that cannot be told apart; the rule that names most counts."""
        possible = {self._name(match): match for match in matches}
        fitting = [rule for rule in self.definition.priorities if {rule.call, *rule.over} <= possible.keys()]
        best = max(fitting, key=lambda rule: len(rule.over), default=None)
        return possible[best.call] if best else None

    def _second_best(self, call: GeneCall, others: Sequence[Match]) -> list[Notice]:
        """Explanations that fit as well but name fewer positions, where they mean something else."""
        told = []
        for match in others:
            phenotypes = {state.phenotype for state in self._stated(match.alleles)[1]}
            if phenotypes - {state.phenotype for state in call.states}:
                told.append(self._name(match))
        told = list(dict.fromkeys(told))
        return [Notice.of("cannot-be-excluded", diplotypes=some(told))] if told else []

    # words

    def _untestable(self, lost: Iterable[int]) -> tuple[str, ...]:
        names = (self.definition.report_as.get(name, name) for name in self._matcher.untestable(lost))
        return tuple(dict.fromkeys(names))

    def _about(self, seen: Observed, call: GeneCall) -> list[Notice]:
        """What holds for any call of the gene."""
        notices = []
        if self.definition.research and call.outcome is not Outcome.NOT_COVERED:
            notices.append(Notice.of("research-only", gene=self.gene.symbol))
        if self.settings.absent_is_reference:
            notices.append(Notice.of("absent-is-reference"))
        if call.outcome in (Outcome.CALLED, Outcome.AMBIGUOUS):
            tier1 = [p for p in seen.unseen if self._site(p).tier1]
            if tier1:
                notices.append(Notice.of("tier1-missing", positions=self._names(tier1)))
            if call.untestable:
                notices.append(Notice.of("not-testable", alleles=some(call.untestable)))
            if len({state.phenotype for state in call.states}) > 1:
                notices.append(Notice.of("phenotypes-differ", phenotypes=_meanings(call)))
        for reason in sorted(set(seen.unseen.values()) - {Reason.ABSENT, Reason.MISMATCH, Reason.STRUCTURAL}):
            places = [place for place, why in seen.unseen.items() if why is reason]
            notices.append(
                Notice.of(f"unseen-{reason.name.lower().replace('_', '-')}", positions=self._names(places))
            )
        for place, site in enumerate(self.sites):
            if site.defined.extra and place in seen.pairs:
                bases = "/".join(site.bases(code) for code in seen.pairs[place] if code != SINGLE)
                notices.append(Notice.of("extra-position", position=site.defined.name, bases=bases))
        return notices

    def _variants(self, seen: Observed) -> Iterable[SeenVariant]:
        grouped = {place for group in seen.phase_sets if len(group) > 1 for place in group}
        for place in seen.varied:
            codes = [code for code in seen.pairs[place] if code != SINGLE]
            bases = tuple(self.sites[place].bases(code) for code in codes)
            yield SeenVariant(self._site(place), bases, len(set(codes)) == 1 or place in grouped)

    def _site(self, place: int):  # type: ignore[no-untyped-def]
        return self.definition.positions[place]

    def _names(self, places: Iterable[int]) -> str:
        return some([self._site(place).name for place in places])


def _single(seen: Observed) -> Observed:
    """One copy; equal bases on two copies are the notation of one."""
    return Observed({place: (a, SINGLE) for place, (a, _) in seen.pairs.items()}, seen.unseen)


def _meanings(call: GeneCall) -> str:
    return "; ".join(f"{state.diplotype}: {state.phenotype}" for state in call.states)
