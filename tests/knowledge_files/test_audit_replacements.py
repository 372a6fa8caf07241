"""What a safety audit found in the replacements: what a person takes, allergies, unfit offers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cds_service.core.actions import Action
from cds_service.core.evidence import ReportedResult
from cds_service.core.finding import Choice, Finding, Status
from cds_service.core.model import Coding, Ingredient, Patient
from tests.builders import STENT, genotype, judge, knowledge, order, person, phenotype

DEPRESSION, ACUTE_PAIN, ARTHROSIS = "370143000", "274663001", "396275006"
CYP2D6_POOR = genotype("CYP2D6", "*4/*4")
CYP2C19_POOR = genotype("CYP2C19", "*2/*2")
CYP2C9_POOR = genotype("CYP2C9", "*3/*3")


def drug(name: str) -> Ingredient:
    """An ingredient with its RxNorm code, as medications and allergies are read."""
    (code,) = knowledge().drug_codes.by_name[name]
    return Ingredient(name, code)


def taking(*names: str, who: Patient | None = None) -> Patient:
    """A person who takes these drugs."""
    return replace(who or person(), medications=tuple(drug(name) for name in names))


def allergic(*names: str, who: Patient | None = None) -> Patient:
    """A person with allergies to these drugs."""
    return replace(who or person(), allergies=tuple(drug(name) for name in names))


def choice(finding: Finding, name: str) -> Choice:
    """One replacement that was looked at, offered or not."""
    return next(item for item in finding.alternatives if item.alternative.name == name)


def offered(finding: Finding) -> set[str]:
    """The replacements a card may name."""
    return {item.alternative.name for item in finding.alternatives if item.status is Status.OFFERED}


def reasons(finding: Finding, name: str) -> set[str]:
    """What is said about a replacement."""
    return {dict(notice.slots).get("name", notice.key) for notice in choice(finding, name).reasons}


# -- replacements and what the person takes --------------------------------------------------------

SEROTONERGIC = ("sertraline", "venlafaxine", "duloxetine", "mirtazapine", "bupropion", "vortioxetine")


@pytest.mark.parametrize("inhibitor", ["phenelzine", "linezolid", "selegiline"])
def test_no_antidepressant_is_offered_beside_an_mao_inhibitor(inhibitor: str) -> None:
    finding = judge(order("citalopram", reason=DEPRESSION), CYP2C19_POOR, who=taking(inhibitor))
    assert not offered(finding) & set(SEROTONERGIC)
    assert "class:MAO inhibitor" in reasons(finding, "venlafaxine")
    assert offered(judge(order("citalopram", reason=DEPRESSION), CYP2C19_POOR)) & set(SEROTONERGIC)


TAKES = [
    # ordered, result, reason, taken, replacement that must not be offered
    ("rasburicase", phenotype("G6PD", "Deficient"), "277605001", "azathioprine", "allopurinol"),
    ("rasburicase", phenotype("G6PD", "Deficient"), "277605001", "mercaptopurine", "allopurinol"),
    ("clopidogrel", CYP2C19_POOR, "36969009", "rifampin", "ticagrelor"),
    ("clopidogrel", CYP2C19_POOR, "36969009", "ketoconazole", "ticagrelor"),
    ("meloxicam", CYP2C9_POOR, ARTHROSIS, "apixaban", "naproxen"),
    ("meloxicam", CYP2C9_POOR, ARTHROSIS, "lithium", "naproxen"),
    ("meloxicam", CYP2C9_POOR, ARTHROSIS, "methotrexate", "naproxen"),
    ("codeine", CYP2D6_POOR, ACUTE_PAIN, "lorazepam", "morphine"),
    ("venlafaxine", CYP2D6_POOR, DEPRESSION, "haloperidol", "citalopram"),
]


@pytest.mark.parametrize(("ordered", "result", "use", "taken", "name"), TAKES)
def test_a_replacement_is_excluded_by_what_the_person_takes(
    ordered: str, result: ReportedResult, use: str, taken: str, name: str
) -> None:
    draft = order(ordered, reason=use)
    assert name in offered(judge(draft, result))
    assert name not in offered(judge(draft, result, who=taking(taken)))


def test_the_replaced_drug_is_no_reason_against_its_replacement() -> None:
    draft = order("meloxicam", reason=ARTHROSIS)
    alone = judge(draft, CYP2C9_POOR)
    assert offered(judge(draft, CYP2C9_POOR, who=taking("meloxicam"))) == offered(alone)


# -- allergies to a class --------------------------------------------------------------------------


def test_an_aspirin_allergy_excludes_the_other_antiinflammatory_drugs() -> None:
    finding = judge(order("codeine", reason=ACUTE_PAIN), CYP2D6_POOR, who=allergic("aspirin"))
    assert not offered(finding) & {"ibuprofen", "naproxen", "ketorolac"}
    assert offered(judge(order("codeine", reason=ACUTE_PAIN), CYP2D6_POOR)) & {"ibuprofen", "naproxen"}


def test_a_penicillin_allergy_excludes_penicillins_and_is_said_of_their_relatives() -> None:
    hearing = genotype("MT-RNR1", "m.1555A>G")
    finding = judge(order("gentamicin"), hearing, who=allergic("amoxicillin"))
    assert choice(finding, "piperacillin/tazobactam").status is Status.EXCLUDED
    assert "penicillin_hypersensitivity" in reasons(finding, "meropenem")


def test_each_replacement_of_a_class_with_allergies_asks_for_them() -> None:
    """A drug that stands in a set for hypersensitivity names that set, as exclusion or as caution."""
    missing = []
    classes = {n: s for n, s in knowledge().value_sets.items() if n.endswith("_hypersensitivity")}
    for found in knowledge().drugs.values():
        for item in found.alternatives:
            asked = {e.name for e in (*item.contraindications, *item.cautions)}
            own = {n for n, s in classes.items() for c in item.ingredients if s.contains(Coding("rxnorm", c))}
            if own and not asked & own:
                missing.append((found.name, item.name, sorted(own)))
    assert missing == []


BREAST, VIVAX, POSTMENOPAUSAL = "416053008", "27052006", "76498008"
WOMAN_39 = person(39, sex="female")
G6PD_DEFICIENT, G6PD_CNSHA = phenotype("G6PD", "Deficient"), phenotype("G6PD", "Deficient with CNSHA")
WARFARIN_POOR = (genotype("CYP2C9", "*3/*3"), genotype("VKORC1", "rs9923231 C/T"))

AROMATASE = {"anastrozole", "letrozole", "exemestane"}
SUPPRESSED = {"goserelin with aromatase inhibitor", "leuprolide with aromatase inhibitor"}


def on_a_button(finding: Finding) -> set[str]:
    """The replacements that can be ordered by a button."""
    return {item.alternative.name for item in finding.offered if item.orderable}


def test_no_aromatase_inhibitor_alone_before_the_menopause() -> None:
    draft = order("tamoxifen", reason=BREAST)
    young = judge(draft, CYP2D6_POOR, who=WOMAN_39)
    assert not offered(young) & AROMATASE and offered(young) == SUPPRESSED
    assert young.add == "ovarian-function-suppression"
    after = judge(
        draft, CYP2D6_POOR, who=replace(WOMAN_39, problems=frozenset({Coding("snomed", POSTMENOPAUSAL)}))
    )
    assert on_a_button(after) == AROMATASE and not after.add
    assert on_a_button(judge(draft, CYP2D6_POOR, who=person(60, sex="female"))) == AROMATASE
    assert not on_a_button(judge(draft, CYP2D6_POOR, who=person(39)))


NEVER = [
    # ordered, results, reason, what must not be offered
    ("methylene blue", (G6PD_DEFICIENT,), "38959009", "ascorbic acid (high dose)"),
    ("codeine", (CYP2D6_POOR,), ACUTE_PAIN, "fentanyl"),
    ("tramadol", (CYP2D6_POOR,), "27355003", "fentanyl"),
    ("tafenoquine", (G6PD_CNSHA,), VIVAX, "weekly primaquine 0.75 mg/kg for 8 weeks (specialist)"),
    ("primaquine", (G6PD_CNSHA,), VIVAX, "weekly primaquine 0.75 mg/kg for 8 weeks (specialist)"),
    ("meloxicam", (CYP2C9_POOR,), ARTHROSIS, "ketorolac"),
    ("metoprolol", (CYP2D6_POOR,), "84114007", "atenolol"),
    ("allopurinol", (genotype("HLA-B", "*58:01/*08:01"),), "90560007", "colchicine"),
]


@pytest.mark.parametrize(("ordered", "results", "use", "name"), NEVER)
def test_an_unsafe_replacement_is_not_offered(
    ordered: str, results: tuple[ReportedResult, ...], use: str, name: str
) -> None:
    assert name not in offered(judge(order(ordered, reason=use), *results))


def test_weekly_primaquine_is_offered_without_chronic_haemolysis() -> None:
    finding = judge(order("tafenoquine", reason=VIVAX), G6PD_DEFICIENT)
    assert "weekly primaquine 0.75 mg/kg for 8 weeks (specialist)" in offered(finding)


def test_irinotecan_is_judged_by_ugt1a1_before_it_replaces_a_fluoropyrimidine() -> None:
    draft = order("capecitabine", reason="363406005")
    results = (genotype("DPYD", "c.1905+1G>A (*2A)/c.1905+1G>A (*2A)"), genotype("UGT1A1", "*28/*28"))
    finding = judge(draft, *results)
    named = [item for item in finding.alternatives if "irinotecan" in item.alternative.name]
    assert named
    assert all(item.reasons for item in named)


def test_what_warfarin_is_replaced_by_heeds_inducers() -> None:
    draft = order("warfarin", reason="49436004")
    assert "apixaban" in offered(judge(draft, *WARFARIN_POOR))
    assert "apixaban" not in offered(judge(draft, *WARFARIN_POOR, who=taking("carbamazepine")))


def test_after_pci_nothing_takes_the_place_of_a_p2y12_inhibitor_but_another() -> None:
    who = person(problems=["53741008", STENT])
    found = judge(order("clopidogrel", reason=STENT), genotype("CYP2C19", "*2/*2"), who=who)
    assert {one.alternative.name for one in found.alternatives} == {"prasugrel", "ticagrelor"}


def test_severe_renal_impairment_excludes_nsaids_and_uricosurics() -> None:
    who = person(problems=["431857002"])
    pain = judge(order("codeine", reason="22253000"), genotype("CYP2D6", "*4/*4"), who=who)
    gout = judge(order("allopurinol", reason="90560007"), genotype("HLA-B", "*58:01/*40:01"), who=who)
    assert not {"ibuprofen", "naproxen", "ketorolac", "tapentadol"} & {
        c.alternative.name for c in pain.offered
    }
    assert [one.alternative.name for one in gout.offered] == ["febuxostat"]


def test_after_a_heart_attack_febuxostat_is_not_offered_for_gout() -> None:
    who = person(problems=["1755008"])
    found = judge(order("allopurinol", reason="90560007"), genotype("HLA-B", "*58:01/*40:01"), who=who)
    assert [one.alternative.name for one in found.offered][0] == "probenecid"
    assert "febuxostat" not in [one.alternative.name for one in found.offered]


def test_omeprazole_beside_clopidogrel_is_replaced_by_what_does_not_inhibit() -> None:
    found = judge(order("omeprazole"), who=person(medications=(Ingredient("clopidogrel", "32968"),)))
    assert [one.alternative.name for one in found.offered] == ["pantoprazole", "famotidine", "nizatidine"]


def test_the_label_limit_of_pimozide_comes_before_a_wider_one() -> None:
    found = judge(order("pimozide", mg="6"), genotype("CYP2D6", "*4/*4"))
    assert (found.action, found.over_limit) == (Action.CAP_DOSE, True)
    assert found.dose is not None and found.dose.limit is not None
    assert str(found.dose.limit.value) == "4"
