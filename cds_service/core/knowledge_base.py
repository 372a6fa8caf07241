"""The compiled, frozen knowledge: genes, drugs, rules, sets of codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from cds_service.core.actions import Action, DoseAdvice
from cds_service.core.allergies import AllergyClass
from cds_service.core.calculator import Calculator
from cds_service.core.codes import GenomicCodes
from cds_service.core.conditions import Condition, Range
from cds_service.core.delivery import Rounding
from cds_service.core.drug_codes import DrugCodes
from cds_service.core.genes import Gene
from cds_service.core.germline import GermlineKind
from cds_service.core.interactions import Substrate
from cds_service.core.measures import MeasureCodes
from cds_service.core.model import Ingredient
from cds_service.core.phenoconversion import Conversion, Perpetrator
from cds_service.core.rule_index import RuleIndex
from cds_service.core.value_sets import ValueSet

if TYPE_CHECKING:
    # It looks at findings, which are made of the values of this module.
    from cds_service.core.follow_up import FollowUpCodes

    # Its rules are made of the values of this module.
    from cds_service.core.tumour_rules import TumourKnowledge

#: How the name of an exclusion begins that is about a drug somebody takes.
_TAKEN = "drug:"


@dataclass(frozen=True, slots=True)
class ResultKey:
    """
    One set of gene results a rule is written for.

    Args:
        words: Phenotypes, genotypes, allele statuses or diplotypes, as the source spells them.
        scores: Ranges of the activity score.
        otherwise: Any result that no other rule of the source is written for.
    """

    words: frozenset[str] = frozenset()
    scores: tuple[Range, ...] = ()
    otherwise: bool = False

    def covers(self, words: frozenset[str], score: Decimal | None) -> bool:
        """True if a gene state with these words or this score is meant."""
        if self.words & words:
            return True
        return score is not None and any(band.contains(score) for band in self.scores)


@dataclass(frozen=True, slots=True)
class LaterStep:
    """What the source says for a situation that only shows later, such as "no other drug is possible"."""

    step: str
    action: Action
    dose: DoseAdvice | None = None
    monitoring: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Branch:
    """
    One answer of a rule.

    Args:
        action: What to do.
        when: Condition under which this answer holds; None = unless another branch holds.
        label: Key of the words for the condition.
        dose: Dose advice.
        monitoring: What to watch, as keys.
        later: Steps that only show later.
        add: Key of something to order besides, such as ovarian function suppression.
        tentative: The source says "consider".
        calculators: Ids of the calculators that give the dose, the one to follow first.
    """

    action: Action
    when: Condition | None = None
    label: str = ""
    dose: DoseAdvice | None = None
    monitoring: tuple[str, ...] = ()
    later: tuple[LaterStep, ...] = ()
    add: str = ""
    tentative: bool = False
    calculators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """
    One statement of one source for one drug.

    Args:
        id: Stable, never reused.
        population: Id of the population it is written for; empty = everyone.
        when: Alternatives; each maps genes to result keys that all have to hold. Empty mapping: no gene
            needed.
        strength: The source's own grading, or empty.
        implication: Key of what the result means for this drug.
        unsuitable: Drug names the source warns against as replacements.
        named: Drug names the source offers as replacements.
        branches: Answers; at least one.
        as_for: For a rule without genes: the genes whose replacements it offers.
        text_as_of: Day of the copy of the source text.
        cite: Record or locator in the source.
    """

    id: str
    when: tuple[Mapping[str, ResultKey], ...]
    branches: tuple[Branch, ...]
    population: str = ""
    strength: str = ""
    implication: str = ""
    unsuitable: frozenset[str] = frozenset()
    named: tuple[str, ...] = ()
    as_for: frozenset[str] = frozenset()
    text_as_of: str = ""
    cite: str = ""

    @property
    def replaced_by_genes(self) -> frozenset[str]:
        """The genes by which replacements are looked for: those it asks about, else those it names."""
        return frozenset(gene for when in self.when for gene in when) or self.as_for


@dataclass(frozen=True, slots=True)
class Guideline:
    """The document a rule comes from."""

    source: str
    name: str
    version: str
    url: str
    pmids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Population:
    """A group of people or orders that a source treats apart. Populations are tried in their order."""

    id: str
    when: Condition


@dataclass(frozen=True, slots=True)
class SourceRules:
    """
    All rules of one source for one drug; the index is derived from the rules.

    `local` rules are about the drug on skin, eye and the like, and about nothing else.
    """

    source: str
    guideline: Guideline
    genes: tuple[str, ...]
    populations: tuple[Population, ...]
    rules: tuple[Rule, ...]
    local: bool = False
    index: RuleIndex = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", RuleIndex(self.rules))


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A named reason not to offer a drug, or to be careful with it."""

    name: str
    when: Condition
    note: str = ""

    @property
    def taken(self) -> str:
        """
        The drug somebody has to take for it to count; empty where it is about something else.

        >>> from cds_service.core.conditions import TakesDrug
        >>> Exclusion("drug:warfarin", TakesDrug(("drug:warfarin",))).taken
        'warfarin'
        """
        return self.name.removeprefix(_TAKEN) if self.name.startswith(_TAKEN) else ""


@dataclass(frozen=True, slots=True)
class Alternative:
    """
    A possible replacement for a drug.

    Args:
        id: Stable.
        name: Drug name, or words for a regimen.
        rxcuis: RxNorm codes as an order would carry them; several for a combination, none where there is no
            code.
        ingredients: The base ingredients behind `rxcuis`, for comparing.
        genes: The rules it answers to: genes of the deciding rule; empty = rules without genes.
        indication: For which use; None = any.
        contraindications, cautions: Checked against the record.
        interactions: Active drugs that exclude it.
        rank: Order among equals, as written in the knowledge.
        atc: ATC code where there is no RxNorm code.
    """

    id: str
    name: str
    rxcuis: tuple[str, ...]
    genes: frozenset[str]
    indication: Condition | None
    contraindications: tuple[Exclusion, ...] = ()
    cautions: tuple[Exclusion, ...] = ()
    interactions: tuple[Exclusion, ...] = ()
    rank: int = 0
    atc: str = ""
    ingredients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PreTest:
    """
    What to say when no result is on file.

    Args:
        id: Stable.
        genes: Genes that a result must exist for; one is enough if `any_gene`.
        required: True where a label or boxed warning demands the test, False where it is recommended.
        authority: Who says so.
        when: Whom it concerns; None = everyone.
        show_if_unknown: Show it (quietly) when `when` cannot be decided from the record.
        test: LOINC code and name of the test to order.
        cite: Document behind it.
    """

    id: str
    genes: tuple[str, ...]
    required: bool
    authority: str
    when: Condition | None = None
    show_if_unknown: bool = False
    test: tuple[str, str] | None = None
    cite: str = ""


@dataclass(frozen=True, slots=True)
class Drug:
    """
    One ingredient the knowledge speaks about.

    Args:
        name: Lower case.
        rxcuis: RxNorm ingredient codes; the first is the one shown.
        atc: ATC codes.
        sources: Rules by source; a body with one guideline per gene has several, such as `dpwg.cyp2c19`.
        alternatives: Candidates for replacement.
        pretests: What to say without a result.
        local_routes: Routes by which too little reaches the body for the rules to matter.
        lead: The body whose text doses this drug, followed first unless a site has an order of its own; empty
            = none.
        names_others: Its rules name the drugs that change its enzymes: they are for results as they were
            tested, and nothing is changed before.
    """

    name: str
    rxcuis: tuple[str, ...]
    atc: tuple[str, ...]
    sources: Mapping[str, SourceRules]
    alternatives: tuple[Alternative, ...] = ()
    pretests: tuple[PreTest, ...] = ()
    local_routes: frozenset[str] = frozenset()
    lead: str = ""
    names_others: bool = False
    genes: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found = {gene for rules in self.sources.values() for gene in rules.genes}
        object.__setattr__(self, "genes", found.union(*(test.genes for test in self.pretests)))

    def rules_of(self, body: str, *, local: bool = False) -> tuple[SourceRules, ...]:
        """All rules of one guideline body, for the whole body or for local use."""
        return tuple(
            rules for rules in self.sources.values() if rules.source == body and rules.local is local
        )


@dataclass(frozen=True, slots=True)
class Implication:
    """
    What a result means for a drug.

    Args:
        key: Phrase key of the sentence.
        harm: `catastrophic` (may kill or disable for good), `serious`, `moderate` or `minor`: what may
            happen if nothing is changed.
        tolerated_after_days: After so many days of the same drug the harm would have shown itself; None = it
            may come late, or unseen.
    """

    key: str
    harm: str
    tolerated_after_days: int | None = None


@dataclass(frozen=True, slots=True)
class NamedPair:
    """
    Two drugs a label speaks about, whatever the genotype.

    Args:
        id: Stable.
        victim: Name of the drug that suffers.
        perpetrators: Names of the drugs that do it.
        implication: Key of what it means.
        guideline: Where it is said.
        strength: The source's grading.
    """

    id: str
    victim: str
    perpetrators: frozenset[str]
    implication: str
    guideline: Guideline
    strength: str


@dataclass(frozen=True, slots=True)
class KnowledgeBase:
    """
    Everything the service knows, compiled once at start-up.

    Args:
        genes: Symbol -> gene.
        drugs: Name -> drug.
        drug_by_rxcui: RxNorm code of a base ingredient -> drug name.
        combinations: Drugs that only exist as a combination: all base ingredients -> drug name.
        value_sets: Name -> set of codes.
        implications: Key -> implication.
        codes: Codes of genomic results.
        drug_codes: Codes of drugs.
        perpetrators: RxNorm code of a base ingredient -> what it does to enzymes.
        conversion: How results are changed by other drugs.
        substrates: RxNorm code of a base ingredient -> enzymes it depends on.
        allergy_classes: Classes of drugs of which an allergy to one speaks against the others.
        follow_up: Tests that can be ordered for what is watched.
        specialists: Beginning of an ATC code -> key of whom to ask where no replacement is left.
        rounding: How a dose becomes one that a product can deliver.
        local_routes: Routes by which too little of most drugs reaches the body to matter elsewhere.
        pairs: Pairs of drugs a label names.
        calculators: Id -> calculator of a dose.
        tumour: Markers of tumours and the rules on them, kept apart from genes and their rules.
        measures: What is measured or asked of a person.
        germline: Inherited findings that matter without any drug.
        content_hash: SHA-256 over all files, hexadecimal.
        released: Date of the knowledge release, ISO 8601.
    """

    genes: Mapping[str, Gene]
    drugs: Mapping[str, Drug]
    drug_by_rxcui: Mapping[str, str]
    combinations: Mapping[frozenset[str], str]
    value_sets: Mapping[str, ValueSet]
    implications: Mapping[str, Implication]
    codes: GenomicCodes
    drug_codes: DrugCodes
    content_hash: str = ""
    released: str = ""
    source_labels: Mapping[str, str] = field(default_factory=dict)
    perpetrators: Mapping[str, tuple[Perpetrator, ...]] = field(default_factory=dict)
    conversion: Conversion = field(default_factory=lambda: Conversion({}))
    substrates: Mapping[str, tuple[Substrate, ...]] = field(default_factory=dict)
    allergy_classes: tuple[AllergyClass, ...] = ()
    specialists: Mapping[str, str] = field(default_factory=dict)
    follow_up: FollowUpCodes | None = None
    rounding: Rounding = field(default_factory=Rounding)
    local_routes: frozenset[str] = frozenset()
    pairs: tuple[NamedPair, ...] = ()
    calculators: Mapping[str, Calculator] = field(default_factory=dict)
    tumour: TumourKnowledge | None = None
    germline: tuple[GermlineKind, ...] = ()
    measures: MeasureCodes = field(default_factory=MeasureCodes)

    def drugs_in(self, ingredients: tuple[Ingredient, ...]) -> tuple[Drug, ...]:
        """The drugs the knowledge speaks about among the ingredients of a product, each once."""
        codes = frozenset(ingredient.rxcui for ingredient in ingredients if ingredient.rxcui)
        names = [self.drug_by_rxcui.get(i.rxcui or "", i.name) for i in ingredients]
        names += [name for parts, name in self.combinations.items() if parts <= codes]
        return tuple(self.drugs[name] for name in dict.fromkeys(names) if name in self.drugs)

    def effects_of(self, ingredients: Iterable[Ingredient]) -> tuple[Perpetrator, ...]:
        """What these ingredients do to enzymes."""
        return tuple(found for i in ingredients for found in self.perpetrators.get(i.rxcui or "", ()))

    def ways_of(self, drug: Drug) -> tuple[Substrate, ...]:
        """The enzymes a drug depends on."""
        return tuple(way for code in drug.rxcuis for way in self.substrates.get(code, ()))
