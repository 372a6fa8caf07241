"""What two knowledge folders differ in is said in sentences, one for each fact, and no fact goes unseen."""

from __future__ import annotations

import shutil
from dataclasses import fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cds_service.core.actions import Action, DoseAdvice, DoseLimit
from cds_service.core.conditions import Age, Condition, Indication, OrderedDose, Range
from cds_service.core.genes import Allele, Gene, MeasuredActivity, Method, Position, ScoreBand
from cds_service.core.knowledge_base import (
    Alternative,
    Branch,
    Drug,
    Exclusion,
    Guideline,
    LaterStep,
    Population,
    PreTest,
    ResultKey,
    Rule,
    SourceRules,
)
from cds_service.curation.diff import compare_folders, report
from cds_service.curation.diff_drugs import compare_drugs
from cds_service.curation.diff_genes import compare_genes
from tests.curation.folders import copy_knowledge, edit_json, edit_text

LABELS = {"cpic": "CPIC", "dpwg": "DPWG"}


def key(*words: str) -> ResultKey:
    return ResultKey(frozenset(words))


BOTH = {"TPMT": key("Intermediate Metabolizer"), "NUDT15": key("Intermediate Metabolizer")}
START = DoseAdvice(Decimal("0.3"), Decimal("0.8"), applies_to="initial-then-titrate")
BRANCH = Branch(Action.REDUCE_DOSE, dose=START, monitoring=("blood-count",))
RULE = Rule("r1", (BOTH,), (BRANCH,), strength="Strong", implication="marrow", text_as_of="2024", cite="PA1")
GUIDELINE = Guideline("cpic", "CPIC guideline for thiopurines", "2018", "https://cpicpgx.org")
STROKE: Condition = Indication(("stroke",))
SOURCE = SourceRules("cpic", GUIDELINE, ("TPMT", "NUDT15"), (), (RULE,))
ALTERNATIVE = Alternative("a1", "infliximab", ("191831",), frozenset({"TPMT"}), STROKE, rank=1)
PRETEST = PreTest("p1", ("TPMT",), False, "FDA", cite="label")
DRUG = Drug("azathioprine", ("1256",), ("L04AX01",), {"cpic": SOURCE}, (ALTERNATIVE,), (PRETEST,))
GENE = Gene(
    "CYP2D6",
    "HGNC:2625",
    Method.ACTIVITY_SCORE,
    alleles={
        "*1": Allele("*1", "Normal function", Decimal(1)),
        "*2": Allele("*2", "Normal function", Decimal(1)),
    },
    aliases={},
    pairs={("Normal function", "Normal function"): "Normal Metabolizer"},
    bands={"dpwg": (ScoreBand(Decimal("2.5"), None, "Normal Metabolizer"),)},
)
LEAD = "azathioprine, CPIC, NUDT15 intermediate + TPMT intermediate: "


def drug_sentences(old: Drug, new: Drug) -> list[str]:
    return [c.sentence for c in compare_drugs({old.name: old}, {new.name: new}, LABELS)]


def with_rules(*rules: Rule, **more: Any) -> Drug:
    return replace(DRUG, sources={"cpic": replace(SOURCE, rules=rules, **more)})


def with_branches(*branches: Branch) -> Drug:
    return with_rules(replace(RULE, branches=branches))


def with_dose(dose: DoseAdvice | None) -> Drug:
    return with_branches(replace(BRANCH, dose=dose))


def gene_sentences(new: Gene) -> list[str]:
    return [c.sentence for c in compare_genes({"CYP2D6": GENE}, {"CYP2D6": new}, LABELS)]


def limit(value: str, unit: str = "mg", period: str = "day", **more: Any) -> DoseAdvice:
    return DoseAdvice(limit=DoseLimit(Decimal(value), unit, period, "maximum", **more))


LOWER = replace(START, low=Decimal("0.2"), high=Decimal("0.5"))
YOUNG = Age(Range(below=Decimal(12)))


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        pytest.param(with_dose(LOWER), LEAD + "start dose 30-80 % -> 20-50 % (CPIC 2018)", id="dose factor"),
        pytest.param(
            with_dose(replace(START, applies_to="maximum")),
            LEAD + "start dose 30-80 % -> maximum dose 30-80 % (CPIC 2018)",
            id="which dose",
        ),
        pytest.param(with_dose(None), LEAD + "start dose 30-80 % -> no factor (CPIC 2018)", id="factor gone"),
        pytest.param(
            with_dose(replace(START, limit=limit("20").limit)),
            LEAD + "dose limit none -> maximum 20 mg a day (CPIC 2018)",
            id="new limit",
        ),
        pytest.param(
            with_branches(replace(BRANCH, action=Action.AVOID)),
            LEAD + "action reduce dose -> avoid (CPIC 2018)",
            id="action",
        ),
        pytest.param(
            with_branches(replace(BRANCH, tentative=True)),
            LEAD + "certainty of the source do -> consider (CPIC 2018)",
            id="tentative",
        ),
        pytest.param(
            with_branches(replace(BRANCH, monitoring=("blood-count", "ecg"))),
            LEAD + "to watch added: ecg (CPIC 2018)",
            id="monitoring",
        ),
        pytest.param(
            with_branches(BRANCH, Branch(Action.STANDARD, when=YOUNG)),
            LEAD + "new answer age below 12 years, standard (CPIC 2018)",
            id="new answer",
        ),
        pytest.param(
            with_branches(replace(BRANCH, later=(LaterStep("no-alternative", Action.AVOID),))),
            LEAD[:-2] + ", later, no alternative: new step: avoid (CPIC 2018)",
            id="later step",
        ),
        pytest.param(
            with_rules(replace(RULE, strength="Moderate")),
            LEAD + "strength Strong -> Moderate (CPIC 2018)",
            id="strength",
        ),
        pytest.param(
            with_rules(replace(RULE, implication="fatal")),
            LEAD + "implication marrow -> fatal (CPIC 2018)",
            id="implication",
        ),
        pytest.param(
            with_rules(replace(RULE, unsuitable=frozenset({"thioguanine"}))),
            LEAD + "warning against added: thioguanine (CPIC 2018)",
            id="warning against a replacement",
        ),
        pytest.param(
            with_rules(RULE, replace(RULE, id="r2", when=({"TPMT": key("Poor Metabolizer")},))),
            LEAD.replace("NUDT15 intermediate + TPMT intermediate", "TPMT poor")
            + "new rule: reduce dose, start dose 30-80 %; watch blood count (CPIC 2018)",
            id="new rule",
        ),
        pytest.param(
            with_rules(),
            LEAD + "rule withdrawn; it was: reduce dose, start dose 30-80 %; watch blood count (CPIC 2018)",
            id="rule withdrawn",
        ),
        pytest.param(
            with_rules(RULE, guideline=replace(GUIDELINE, version="2026")),
            "azathioprine, CPIC, TPMT and NUDT15: guideline version 2018 -> 2026",
            id="guideline version",
        ),
        pytest.param(
            with_rules(RULE, populations=(Population("children", YOUNG),)),
            "azathioprine, CPIC, TPMT and NUDT15: population added: children",
            id="population",
        ),
        pytest.param(
            with_rules(replace(RULE, text_as_of="2026")),
            "azathioprine, CPIC, TPMT and NUDT15: source text of 1 rule as of 2024 -> 2026",
            id="copy of the text",
        ),
        pytest.param(
            replace(DRUG, alternatives=()),
            "azathioprine, replacement infliximab, ordered for stroke: withdrawn",
            id="replacement withdrawn",
        ),
        pytest.param(
            replace(
                DRUG,
                alternatives=(replace(ALTERNATIVE, contraindications=(Exclusion("heart_failure", STROKE),)),),
            ),
            "azathioprine, replacement infliximab, ordered for stroke: exclusion added: heart failure",
            id="new exclusion",
        ),
        pytest.param(
            replace(DRUG, pretests=(replace(PRETEST, required=True),)),
            "azathioprine, test of TPMT before the first dose, FDA: weight recommended -> required",
            id="test",
        ),
    ],
)
def test_one_changed_fact_of_a_drug_is_one_sentence(new: Drug, sentence: str) -> None:
    assert drug_sentences(DRUG, new) == [sentence]


@pytest.mark.parametrize(
    ("new", "words"),
    [
        (limit("40"), "maximum 40 mg a day"),
        (limit("20", "mg/kg"), "maximum 20 mg/kg a day"),
        (limit("20", period="week"), "maximum 20 mg a week"),
        (limit("20", below=True), "maximum below 20 mg a day"),
    ],
)
def test_a_changed_limit_is_said_with_unit_and_period(new: DoseAdvice, words: str) -> None:
    (sentence,) = drug_sentences(with_dose(limit("20")), with_dose(new))
    assert sentence == LEAD + f"dose limit maximum 20 mg a day -> {words} (CPIC 2018)"


def test_a_changed_condition_is_no_new_answer() -> None:
    old, new = (Branch(Action.STANDARD, OrderedDose("mg/kg", Range(below=Decimal(n)))) for n in (2, 1))
    (sentence,) = drug_sentences(with_branches(BRANCH, old), with_branches(BRANCH, new))
    dose = "ordered dose below {} mg/kg a day"
    assert sentence == LEAD + f"condition {dose.format(2)} -> {dose.format(1)} (CPIC 2018)"


def test_a_closed_row_and_its_successor_are_one_rule_that_changed() -> None:
    successor = replace(RULE, id="r1-2026", branches=(replace(BRANCH, dose=LOWER),))
    assert drug_sentences(DRUG, with_rules(successor)) == [
        LEAD + "id of the rule r1 -> r1-2026 (CPIC 2018)",
        LEAD + "start dose 30-80 % -> 20-50 % (CPIC 2018)",
    ]


def test_a_whole_new_drug_is_told_rule_by_rule() -> None:
    sentences = [c.sentence for c in compare_drugs({}, {"azathioprine": DRUG}, LABELS)]
    assert sentences[0] == "azathioprine: new drug; rules: 1, replacements: 1, tests: 1"
    assert sentences[1:3] == [
        "azathioprine, CPIC, TPMT and NUDT15: source added, version 2018; rules: 1",
        LEAD + "new rule: reduce dose, start dose 30-80 %; watch blood count (CPIC 2018)",
    ]
    assert len(sentences) == 5


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        pytest.param(
            replace(GENE, alleles={**GENE.alleles, "*2": Allele("*2", "Decreased function", Decimal(1))}),
            "CYP2D6 *2: function Normal function -> Decreased function",
            id="function",
        ),
        pytest.param(
            replace(GENE, alleles={**GENE.alleles, "*2": Allele("*2", "Normal function", Decimal("0.25"))}),
            "CYP2D6 *2: activity value 1 -> 0.25",
            id="activity value",
        ),
        pytest.param(
            replace(GENE, alleles={"*1": GENE.alleles["*1"]}),
            "CYP2D6 *2: allele withdrawn, Normal function, activity value 1",
            id="allele",
        ),
        pytest.param(
            replace(GENE, bands={"dpwg": (ScoreBand(Decimal("2.5"), None, "Ultrarapid Metabolizer"),)}),
            "CYP2D6: class by DPWG of score 2.5 and more Normal Metabolizer -> Ultrarapid Metabolizer",
            id="band",
        ),
        pytest.param(
            replace(GENE, pairs={("Normal function", "Normal function"): "Rapid Metabolizer"}),
            "CYP2D6: class of Normal function + Normal function Normal Metabolizer -> Rapid Metabolizer",
            id="pair",
        ),
        pytest.param(
            replace(GENE, positions=(Position("rs1", {"C": "*1", "T": "*2"}),)),
            "CYP2D6: position added: rs1 (C = *1, T = *2)",
            id="position",
        ),
    ],
)
def test_one_changed_fact_of_a_gene_is_one_sentence(new: Gene, sentence: str) -> None:
    assert gene_sentences(new) == [sentence]


def test_what_is_the_same_says_nothing() -> None:
    assert drug_sentences(DRUG, DRUG) == []
    assert gene_sentences(GENE) == []


# -- no field goes unseen --------------------------------------------------------------------------

# Computed from other fields and told with them, or the name under which things are compared.
NOT_COMPARED = {
    "Gene.aliases", "Gene.symbol", "Drug.name", "Allele.name", "SourceRules.source", "Guideline.source"
}  # fmt: skip
OTHER: dict[str, Any] = {
    "Rule.when": ({"TPMT": key("Poor Metabolizer")},),
    "Rule.branches": (Branch(Action.AVOID),),
    "Rule.population": "children",
    "Branch.action": Action.AVOID,
    "Branch.when": YOUNG,
    "Branch.dose": LOWER,
    "Branch.later": (LaterStep("no-alternative", Action.AVOID),),
    "LaterStep.action": Action.STANDARD,
    "LaterStep.dose": LOWER,
    "SourceRules.guideline": replace(GUIDELINE, version="2026"),
    "SourceRules.populations": (Population("children", YOUNG),),
    "SourceRules.rules": (),
    "Population.when": YOUNG,
    "Alternative.indication": YOUNG,
    "Alternative.contraindications": (Exclusion("heart_failure", STROKE),),
    "Alternative.cautions": (Exclusion("heart_failure", STROKE),),
    "Alternative.interactions": (Exclusion("takes lithium", STROKE),),
    "Exclusion.when": YOUNG,
    "PreTest.when": YOUNG,
    "PreTest.test": ("79719-1", "DPYD"),
    "Drug.sources": {},
    "Drug.alternatives": (),
    "Drug.pretests": (),
    "Gene.method": Method.HAPLOID,
    "Gene.alleles": {},
    "Gene.pairs": {},
    "Gene.bands": {},
    "Gene.activity": MeasuredActivity("activity TPMT", ("Poor Metabolizer",), "Normal Metabolizer"),
    "Gene.positions": (Position("rs1", {"C": "*1"}),),
    "Allele.activity": Decimal(7),
    "ScoreBand.low": Decimal(7),
    "ScoreBand.high": Decimal(7),
}
STEP = LaterStep("no-alternative", Action.AVOID)
EXCLUSION = Exclusion("gout", STROKE)
PEOPLE = Population("adults", STROKE)


def other(value: object, name: str) -> Any:
    """A value unlike the one a field has."""
    known = OTHER.get(f"{type(value).__name__}.{name}")
    if known is not None:
        return known
    current = getattr(value, name)
    if isinstance(current, bool):
        return not current
    kinds: dict[type, Any] = {
        str: "other",
        int: 7,
        tuple: ("other",),
        frozenset: frozenset({"other"}),
        dict: {"other": "other"},
    }
    return kinds[type(current)]


def put(value: object) -> Drug | Gene:
    """A drug or gene that holds the value."""
    match value:
        case Rule():
            return with_rules(value)
        case Branch():
            return with_branches(value)
        case LaterStep():
            return with_branches(replace(BRANCH, later=(value,)))
        case SourceRules():
            return replace(DRUG, sources={"cpic": value})
        case Guideline():
            return with_rules(RULE, guideline=value)
        case Population():
            return with_rules(RULE, populations=(value,))
        case Alternative():
            return replace(DRUG, alternatives=(value,))
        case Exclusion():
            return replace(DRUG, alternatives=(replace(ALTERNATIVE, contraindications=(value,)),))
        case PreTest():
            return replace(DRUG, pretests=(value,))
        case Allele():
            return replace(GENE, alleles={"*1": value})
        case ScoreBand():
            return replace(GENE, bands={"dpwg": (value,)})
        case Drug() | Gene():
            return value
    raise AssertionError(value)


SAMPLES = (
    RULE, BRANCH, STEP, SOURCE, GUIDELINE, PEOPLE, ALTERNATIVE, EXCLUSION, PRETEST,
    DRUG, GENE, GENE.alleles["*1"], GENE.bands["dpwg"][0],
)  # fmt: skip
FIELDS = [
    pytest.param(sample, item.name, id=f"{type(sample).__name__}.{item.name}")
    for sample in SAMPLES
    for item in fields(sample)
    if item.init and f"{type(sample).__name__}.{item.name}" not in NOT_COMPARED
]


@pytest.mark.parametrize(("sample", "name"), FIELDS)
def test_a_change_of_any_field_is_seen(sample: Any, name: str) -> None:
    old, new = put(sample), put(replace(sample, **{name: other(sample, name)}))
    if isinstance(old, Drug) and isinstance(new, Drug):
        assert drug_sentences(old, new)
    elif isinstance(old, Gene) and isinstance(new, Gene):
        assert list(compare_genes({"g": old}, {"g": new}, LABELS))


# -- folders ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_knowledge(tmp_path_factory.mktemp("old") / "knowledge")


@pytest.fixture
def edited(shipped: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(shipped, tmp_path / "new"))


def test_a_folder_does_not_differ_from_its_copy(shipped: Path, edited: Path) -> None:
    assert compare_folders(shipped, edited) == ()


def test_edits_of_all_kinds_are_told_by_group(shipped: Path, edited: Path) -> None:
    edit_text(edited, "drugs/clopidogrel/cpic.json", '"strength": "Strong"', '"strength": "Optional"')
    edit_json(
        edited, "drugs/clopidogrel/alternatives.json", lambda v: v["alternatives"][0].update(confidence="x")
    )
    edit_text(edited, "genes/TPMT/alleles.tsv", "*2\tNo function", "*2\tDecreased function")
    edit_text(
        edited,
        "value_sets/value_sets.tsv",
        "actinic_keratosis\ticd10cm\tL57.0",
        "actinic_keratosis\ticd10cm\tL57.9",
    )
    edit_json(edited, "implications.json", lambda v: v["harm"].update(haemolysis="minor"))
    lines = list(report(compare_folders(shipped, edited)))
    assert [line for line in lines if not line.startswith("  ")] == [
        "Drugs",
        "Genes",
        "Value sets",
        "Other files",
    ]
    told = "\n".join(lines)
    assert "strength Strong -> Optional" in told
    assert "confidence" in told
    assert "TPMT *2: function No function -> Decreased function" in told
    assert "value set actinic keratosis: code withdrawn: ICD-10-CM L57.0" in told
    assert "value set actinic keratosis: code added: ICD-10-CM L57.9" in told
    assert "implications.json: harm.haemolysis serious -> minor" in told


def test_edits_of_rules_on_tumours_are_told_under_their_drug(shipped: Path, edited: Path) -> None:
    name = "tumour/drugs/vemurafenib.json"

    def edit(value: dict[str, Any]) -> None:
        value["uses"][0]["rules"][1]["branches"] = [{"action": "avoid"}]
        value["alternatives"][0]["confidence"] = "low"

    edit_json(edited, name, edit)
    (edited / "tumour/drugs/alectinib.json").unlink()
    told = list(report(compare_folders(shipped, edited)))
    assert told[:2] == ["Drugs", "  alectinib"]
    assert "  vemurafenib" in told
    (changed,) = [line for line in told if "vemurafenib-tumour-melanoma-negative" in line]
    assert changed.startswith(
        "    vemurafenib, tumour: rule vemurafenib-tumour-melanoma-negative BRAF negative: "
    )
    assert "not indicated; grade" in changed.partition(" -> ")[0]
    assert "avoid; grade" in changed.partition(" -> ")[2]
    assert any("confidence" in line for line in told)
    assert any("alectinib-tumour-negative" in line and line.endswith("-> none") for line in told)
    assert not any("Other files" in line for line in told)


def test_a_marker_that_changed_is_told_with_its_file(shipped: Path, edited: Path) -> None:
    edit_json(edited, "tumour/markers.json", lambda v: v["markers"][1]["about"].append("break apart"))
    (change,) = compare_folders(shipped, edited)
    assert change.group == "other"
    assert "break apart" in change.sentence


def test_a_file_that_is_only_written_differently_is_named(shipped: Path, edited: Path) -> None:
    path = edited / "drugs/clopidogrel/drug.json"
    path.write_text(path.read_text("utf8") + "\n", "utf8")
    (change,) = compare_folders(shipped, edited)
    assert change.sentence == (
        "clopidogrel: drugs/clopidogrel/drug.json is written differently, no fact changed"
    )


def test_many_rows_of_a_code_table_are_counted(shipped: Path, edited: Path) -> None:
    path = edited / "rxnorm/brands.tsv"
    rows = path.read_text("utf8").splitlines()
    path.write_text("\n".join([*rows[:100], *rows[200:]]) + "\n", "utf8")
    (change,) = compare_folders(shipped, edited)
    assert change.sentence == "rxnorm/brands.tsv: 0 rows added, 100 withdrawn, 0 changed"
