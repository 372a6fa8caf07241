"""Every drug of the tumour pack through the hook: silent where the target is there, heard where it is not."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from flask.testing import FlaskClient

from cds_service.cards.extension import KEY
from tests.builders import knowledge
from tests.requests_made import PATIENT, Json, call, draft, genotype

KNOWLEDGE = knowledge()
assert KNOWLEDGE.tumour is not None
PACK = KNOWLEDGE.tumour.drugs

LUNG, COLON, MELANOMA, BREAST = "254637007", "363406005", "372244006", "254837009"
OVARY, STOMACH, CML, ALL, CERVIX = "363443007", "363349007", "92818009", "91857003", "363354003"
HEAD_AND_NECK, PANCREAS, PROSTATE = "716659002", "363418001", "399068003"

Report = tuple[str, str]
EGFR, EGFR_BLOOD = "EGFR MUTATION ANALYSIS, TUMOR", "EGFR MUTATION ANALYSIS, CTDNA"
KRAS, NRAS, BRAF = "KRAS MUTATION ANALYSIS", "NRAS MUTATION ANALYSIS", "BRAF V600 MUTATION ANALYSIS"
ALK, ROS1 = "ALK REARRANGEMENT FISH, TUMOR", "ROS1 REARRANGEMENT FISH, TUMOR"
HER2_IHC, HER2_FISH = "HER2 IHC, TUMOR", "HER2 FISH, TUMOR"
FUSION, KINASE = "BCR-ABL1 TRANSCRIPT", "BCR-ABL1 KINASE DOMAIN MUTATION ANALYSIS"
TPS, CPS = "PD-L1 22C3 TPS, TUMOR", "PD-L1 22C3 CPS, TUMOR"
GERMLINE, TUMOUR = "BRCA1 AND BRCA2 SEQUENCING, GERMLINE", "BRCA1 AND BRCA2 SEQUENCING, TUMOR"
NONE = "Not detected"
BESIDE = {"carboplatin": ("40048",), "bevacizumab": ("253337",)}


def report(name: str, value: str, number: int, day: str = "2026-05-14", **more: Any) -> Json:
    """A result as a laboratory sends it: name of the test, value in words."""
    return {
        "resourceType": "Observation",
        "id": f"o{number}",
        "status": "final",
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": {"text": name},
        "subject": {"reference": f"Patient/{PATIENT}"},
        "effectiveDateTime": day,
        "valueString": value,
        **more,
    }


def variant(gene: str, change: str, origin: str) -> Json:
    """A Genomics Reporting variant; the origin is LA6683-2 (germline) or LA6684-0 (somatic)."""

    def part(code: str, value: Json) -> Json:
        return {
            "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
            "valueCodeableConcept": value,
        }

    def answer(code: str) -> Json:
        return {"coding": [{"system": "http://loinc.org", "code": code}]}

    return {
        **report("", "", 90),
        "code": {"coding": [{"system": "http://loinc.org", "code": "69548-6"}]},
        "valueString": None,
        "valueCodeableConcept": answer("LA9633-4"),
        "component": [
            part("48018-6", {"text": gene}),
            part("48005-3", {"text": change}),
            part("48002-0", answer(origin)),
        ],
    }


def ordered(drug: str, ident: str, disease: str | None) -> Json:
    """A draft by code where the drug has one, else by name."""
    codes = KNOWLEDGE.drugs[drug].rxcuis if drug in KNOWLEDGE.drugs else BESIDE[drug]
    found = draft(codes[0] if codes else "", ident=ident, reason=disease)
    return found if codes else {**found, "medicationCodeableConcept": {"text": drug}}


def ask(
    client: FlaskClient,
    drug: str,
    disease: str | None,
    *results: Json,
    words: str = "",
    beside: tuple[str, ...] = (),
) -> list[Json]:
    """The cards for a draft of the drug, beside drafts of other drugs."""
    drafts = [ordered(name, f"rx{number}", disease) for number, name in enumerate((drug, *beside))]
    if words:
        drafts[0]["reasonCode"] = [{**(drafts[0].get("reasonCode") or [{}])[0], "text": words}]
    answer = client.post("/cds-services/pgx-order-select", json=call(*drafts, results=results))
    assert answer.status_code == 200
    cards: list[Json] = answer.get_json()["cards"]
    return [card for card in cards if card["extension"][KEY]["drug"]["name"] == drug]


def heard(client: FlaskClient, drug: str, disease: str | None, *reports: Report, **more: Any) -> Json:
    """The finding of the only card, with its indicator and its suggestions."""
    results = [report(name, value, number) for number, (name, value) in enumerate(reports)]
    (card,) = ask(client, drug, disease, *results, **more)
    return {
        **card["extension"][KEY],
        "indicator": card["indicator"],
        "summary": card["summary"],
        "detail": card["detail"],
        "suggestions": card.get("suggestions", []),
    }


def silent(client: FlaskClient, drug: str, disease: str | None, *reports: Report, **more: Any) -> bool:
    """True if there is no card."""
    results = [report(name, value, number) for number, (name, value) in enumerate(reports)]
    return not ask(client, drug, disease, *results, **more)


def offered(finding: Json) -> list[str]:
    return [item["name"] for item in finding["alternatives"] if item["status"] == "offered"]


# -- target there, target not there, not tested --


class Target(NamedTuple):
    """What one drug needs in one disease."""

    drug: str
    disease: str
    there: tuple[Report, ...]
    missing: tuple[Report, ...]
    asked: str
    instead: str = "platinum doublet chemotherapy (oncologist)"

    def __str__(self) -> str:
        return f"{self.drug} in {self.disease}"


def _each(drugs: str, *rest: Any) -> list[Target]:
    return [Target(drug, *rest) for drug in drugs.split()]


_RAS_FREE = ((KRAS, NONE), (NRAS, NONE))
_BRCA = "Pathogenic variant BRCA1 c.68_69del (p.Glu23fs), heterozygous"
_PONATINIB, _CHEMO = "ponatinib", "chemotherapy by subtype (oncologist)"
TARGETS = [
    *_each("gefitinib erlotinib afatinib dacomitinib osimertinib", LUNG,
           ((EGFR, "Exon 19 deletion (p.E746_A750del)"),), ((EGFR, NONE),), "Test EGFR"),
    *_each("alectinib brigatinib ceritinib lorlatinib", LUNG,
           ((ALK, "Positive"),), ((ALK, "Negative"),), "Test ALK"),
    *_each("crizotinib", LUNG,
           ((ROS1, "Positive"),), ((ALK, "Negative"), (ROS1, "Negative")), "Test ALK and ROS1"),
    *_each("sotorasib adagrasib", LUNG, ((KRAS, "p.G12C detected"),), ((KRAS, "p.G12D"),), "Test KRAS"),
    *_each("sotorasib adagrasib", COLON, ((KRAS, "p.G12C detected"),), ((KRAS, NONE),), "Test KRAS",
           "bevacizumab-based regimen"),
    *_each("cetuximab panitumumab", COLON, _RAS_FREE, ((KRAS, "p.G12D detected"),), "Test KRAS and NRAS",
           "bevacizumab-based regimen"),
    *_each("vemurafenib dabrafenib trametinib encorafenib binimetinib", MELANOMA,
           ((BRAF, "V600E detected"),), ((BRAF, "Not detected (wild type)"),), "Test BRAF", "pembrolizumab"),
    *_each("trastuzumab pertuzumab lapatinib", BREAST,
           ((HER2_IHC, "3+ (positive)"),), ((HER2_IHC, "0"), (HER2_FISH, "Not amplified")),
           "Test HER2 IHC", _CHEMO),
    *_each("trastuzumab", STOMACH, ((HER2_FISH, "Amplified"),), ((HER2_IHC, "1+"),), "Test HER2 IHC", _CHEMO),
    *_each("imatinib dasatinib nilotinib bosutinib ponatinib asciminib", CML,
           ((FUSION, "Positive"),), ((FUSION, "Negative"),), "Test BCR::ABL1", ""),
    *_each("imatinib dasatinib ponatinib", ALL,
           ((FUSION, "Positive"),), ((FUSION, "Negative"),), "Test BCR::ABL1", ""),
    *_each("olaparib", BREAST, ((GERMLINE, _BRCA),), ((GERMLINE, NONE),), "Test germline BRCA", _CHEMO),
    *_each("olaparib", PANCREAS, ((GERMLINE, _BRCA),), ((GERMLINE, NONE),), "Test germline BRCA", _CHEMO),
    *_each("pembrolizumab", COLON, (("MSI", "MSI-H"),), (("MSI", "MSS"),), "Test MSI",
           "bevacizumab-based regimen"),
]  # fmt: skip


def test_no_drug_of_the_pack_is_left_out() -> None:
    elsewhere = {"entrectinib", "trastuzumab deruxtecan"}
    assert {target.drug for target in TARGETS} | elsewhere == set(PACK)


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_with_its_target_the_drug_is_no_matter(client: FlaskClient, target: Target) -> None:
    assert silent(client, target.drug, target.disease, *target.there)


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_without_its_target_the_drug_is_not_indicated(client: FlaskClient, target: Target) -> None:
    found = heard(client, target.drug, target.disease, *target.missing)
    assert (found["action"], found["indicator"]) in (
        ("not-indicated", "critical"),
        *([("not-indicated", "warning")] if not target.instead else []),
    )
    assert not target.instead or target.instead in offered(found)


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_without_a_result_the_test_comes_first(client: FlaskClient, target: Target) -> None:
    found = heard(client, target.drug, target.disease)
    assert (found["action"], found["indicator"]) == ("test-first", "warning")
    assert found["summary"] == f"{target.asked} before the first dose of {target.drug}"


@pytest.mark.parametrize("drug", sorted(PACK))
def test_in_a_tumour_it_has_no_rule_for_the_drug_is_no_matter(client: FlaskClient, drug: str) -> None:
    """Another disease is not judged, whatever was found in it; dabrafenib's own exclusion is a rule."""
    rules = {name for use in PACK[drug].uses for name in use.when.sets}  # type: ignore[attr-defined]
    tumours = {
        "lung_cancer_nsclc": LUNG,
        "colorectal_cancer": COLON,
        "melanoma": MELANOMA,
        "prostate_cancer": PROSTATE,
    }
    other = next(code for name, code in tumours.items() if name not in rules)
    reports = ((EGFR, NONE), (KRAS, "p.G12D detected"), (BRAF, NONE), (ALK, "Negative"), (HER2_IHC, "0"))
    assert silent(client, drug, other, *reports)


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_a_drug_taken_for_long_needs_no_first_test(client: FlaskClient, target: Target) -> None:
    running = {"status": "active", "id": "m1", "authoredOn": "2020-01-01"}
    order = ordered(target.drug, "rx0", target.disease)
    request = call(order, results=())
    request["prefetch"]["medications"] = {
        "resourceType": "Bundle", "type": "searchset",
        "entry": [{"resource": {**order, **running}}],
    }  # fmt: skip
    answer = client.post("/cds-services/pgx-order-select", json=request).get_json()
    assert answer["cards"] == []


# -- EGFR --

OLDER = ("gefitinib", "erlotinib", "afatinib", "dacomitinib")


@pytest.mark.parametrize("drug", OLDER)
@pytest.mark.parametrize("name", [EGFR, EGFR_BLOOD])
def test_t790m_from_tissue_or_blood_asks_for_osimertinib(client: FlaskClient, drug: str, name: str) -> None:
    found = heard(client, drug, LUNG, (name, "L858R and T790M detected"), words="progressed")
    assert (found["action"], found["indicator"]) == ("avoid", "critical")
    assert offered(found)[0] == "osimertinib"
    assert not set(offered(found)) & set(OLDER)


def test_osimertinib_is_right_for_t790m(client: FlaskClient) -> None:
    assert silent(client, "osimertinib", LUNG, (EGFR_BLOOD, "L858R and T790M detected"))


@pytest.mark.parametrize("drug", ["osimertinib", "afatinib", "dacomitinib"])
def test_c797s_resists_what_binds_there(client: FlaskClient, drug: str) -> None:
    found = heard(client, drug, LUNG, (EGFR_BLOOD, "exon 19 deletion and C797S detected"))
    assert (found["action"], found["indicator"]) == ("avoid", "critical")
    assert not set(offered(found)) & {*OLDER, "osimertinib"}


@pytest.mark.parametrize("drug", ["gefitinib", "erlotinib"])
def test_c797s_alone_is_no_objection_to_what_binds_elsewhere(client: FlaskClient, drug: str) -> None:
    assert silent(client, drug, LUNG, (EGFR_BLOOD, "exon 19 deletion and C797S detected"))


@pytest.mark.parametrize("drug", OLDER)
def test_t790m_with_c797s_leaves_osimertinib_out(client: FlaskClient, drug: str) -> None:
    found = heard(client, drug, LUNG, (EGFR_BLOOD, "L858R, T790M and C797S detected"), words="progressed")
    assert found["action"] == "avoid"
    assert "osimertinib" not in offered(found)


@pytest.mark.parametrize("drug", [*OLDER, "osimertinib"])
def test_exon_20_insertions_resist_all_of_them(client: FlaskClient, drug: str) -> None:
    found = heard(client, drug, LUNG, (EGFR, "p.Asp770_Asn771insGlyPhe detected"))
    assert (found["action"], found["indicator"]) == ("avoid", "critical")
    assert found["genes"][0]["phenotype"] == "exon 20 insertion (D770_N771ins)"
    assert offered(found)[0].startswith("amivantamab")


def test_the_one_exon_20_insertion_that_responds_is_not_called_resistant(client: FlaskClient) -> None:
    found = heard(client, "osimertinib", LUNG, (EGFR, "p.A763_Y764insFQEA detected"))
    assert (found["action"], found["indicator"]) == ("test-first", "info")


@pytest.mark.parametrize("change", ["G719A", "S768I", "L861Q"])
def test_uncommon_changes_belong_to_afatinib(client: FlaskClient, change: str) -> None:
    assert silent(client, "afatinib", LUNG, (EGFR, f"{change} detected"))
    found = heard(client, "erlotinib", LUNG, (EGFR, f"{change} detected"))
    assert (found["action"], found["indicator"]) == ("consider-alternative", "info")
    assert "afatinib" in offered(found)


@pytest.mark.parametrize(
    "value",
    ["Ex19del", "E746_A750del", "L747_P753delinsS", "Sensitizing mutation detected", "p.Leu858Arg", "L858R"],
)
def test_a_sensitising_change_is_understood_in_other_words(client: FlaskClient, value: str) -> None:
    assert silent(client, "gefitinib", LUNG, (EGFR, value))


@pytest.mark.parametrize("value", ["No T790M", "T790M not detected", "Negative for T790M", "without T790M"])
def test_a_denied_change_was_not_found(client: FlaskClient, value: str) -> None:
    found = heard(client, "gefitinib", LUNG, (EGFR, value))
    assert (found["action"], found["rules"]) == ("test-first", ["gefitinib-tumour-test-egfr"])
    assert "part of what matters" in found["detail"]


def test_squamous_lung_cancer_needs_no_egfr_test_for_afatinib(client: FlaskClient) -> None:
    assert silent(client, "afatinib", LUNG, words="squamous, progressed after platinum")
    assert silent(client, "afatinib", LUNG, (EGFR, NONE), words="squamous, progressed after platinum")
    assert heard(client, "afatinib", LUNG, words="non-squamous")["action"] == "test-first"


# -- RAS and BRAF in colorectal cancer --


@pytest.mark.parametrize("drug", ["cetuximab", "panitumumab"])
@pytest.mark.parametrize(
    ("name", "value"),
    [(KRAS, "p.G13D"), (KRAS, "Q61H"), (KRAS, "A146T"), (KRAS, "Mutation detected"), (NRAS, "p.Gln61Lys")],
)
def test_any_ras_mutation_speaks_against_both_antibodies(
    client: FlaskClient, drug: str, name: str, value: str
) -> None:
    found = heard(client, drug, COLON, (name, value))
    assert (found["action"], found["indicator"]) == ("not-indicated", "critical")
    assert not {"cetuximab", "panitumumab"} & set(offered(found))


def test_half_of_ras_is_not_ras(client: FlaskClient) -> None:
    assert heard(client, "cetuximab", COLON, (KRAS, NONE))["summary"].startswith("Test NRAS before")
    found = heard(client, "cetuximab", COLON, (KRAS, "No mutation in codons 12 and 13"), (NRAS, NONE))
    assert found["action"] == "test-first"
    assert "part of what matters" in found["detail"]


def test_a_pair_with_a_g12c_inhibitor_is_meant_for_g12c(client: FlaskClient) -> None:
    assert heard(client, "panitumumab", COLON, (KRAS, "p.G12C"))["action"] == "not-indicated"
    assert silent(client, "panitumumab", COLON, (KRAS, "p.G12C"), beside=("sotorasib",))


def test_braf_v600e_wants_encorafenib_beside_cetuximab(client: FlaskClient) -> None:
    reports = (*_RAS_FREE, (BRAF, "V600E detected"))
    found = heard(client, "cetuximab", COLON, *reports)
    assert (found["action"], found["indicator"]) == ("consider-alternative", "warning")
    assert "encorafenib with cetuximab" in offered(found)
    assert silent(client, "cetuximab", COLON, *reports, beside=("encorafenib",))


def test_in_head_and_neck_cancer_ras_is_no_matter(client: FlaskClient) -> None:
    assert silent(client, "cetuximab", HEAD_AND_NECK)
    assert silent(client, "cetuximab", HEAD_AND_NECK, (KRAS, "p.G12D detected"))


@pytest.mark.parametrize("drug", ["dabrafenib", "trametinib"])
def test_the_labels_exclude_colorectal_cancer_even_with_braf_v600e(client: FlaskClient, drug: str) -> None:
    found = heard(client, drug, COLON, (BRAF, "V600E detected"))
    assert found["action"] == "not-indicated"
    assert "encorafenib with cetuximab" in offered(found)


# -- HER2 --


def test_2_plus_asks_for_in_situ_hybridisation(client: FlaskClient) -> None:
    found = heard(client, "trastuzumab", BREAST, (HER2_IHC, "2+ (equivocal)"))
    assert found["summary"] == "Test HER2 ISH before the first dose of trastuzumab"
    (suggestion,) = found["suggestions"]
    code = suggestion["actions"][0]["resource"]["code"]["coding"][0]
    assert code["code"] == "85318-4"
    assert silent(client, "trastuzumab", BREAST, (HER2_IHC, "2+ (equivocal)"), (HER2_FISH, "Amplified"))
    found = heard(client, "trastuzumab", BREAST, (HER2_IHC, "2+"), (HER2_FISH, "Not amplified"))
    assert found["action"] == "not-indicated"


@pytest.mark.parametrize("value", ["1+ (negative)", "HER2-low", "2+"])
def test_little_her2_is_enough_for_trastuzumab_deruxtecan(client: FlaskClient, value: str) -> None:
    drug = "trastuzumab deruxtecan"
    assert silent(client, drug, BREAST, (HER2_IHC, value), (HER2_FISH, "Not amplified"))
    found = heard(client, "trastuzumab", BREAST, (HER2_IHC, value), (HER2_FISH, "Not amplified"))
    assert drug in offered(found)


def test_without_any_her2_trastuzumab_deruxtecan_is_not_offered(client: FlaskClient) -> None:
    found = heard(client, "trastuzumab", BREAST, (HER2_IHC, "0"), (HER2_FISH, "Not amplified"))
    assert offered(found) == [_CHEMO]
    found = heard(client, "trastuzumab deruxtecan", BREAST, (HER2_IHC, "0"))
    assert (found["action"], found["indicator"]) == ("consider-alternative", "info")


def test_negative_without_a_grade_leaves_trastuzumab_deruxtecan_open(client: FlaskClient) -> None:
    found = heard(client, "trastuzumab deruxtecan", BREAST, (HER2_IHC, "negative"))
    assert (found["action"], found["indicator"]) == ("test-first", "warning")
    assert heard(client, "trastuzumab deruxtecan", BREAST)["action"] == "test-first"
    found = heard(client, "trastuzumab deruxtecan", STOMACH, (HER2_IHC, "1+"))
    assert found["action"] == "not-indicated"


def test_the_newer_her2_result_holds(client: FlaskClient) -> None:
    before = report(HER2_IHC, "3+", 1, "2023-02-01")
    (card,) = ask(client, "trastuzumab", BREAST, before, report(HER2_IHC, "0", 2))
    assert card["extension"][KEY]["action"] == "not-indicated"
    later = report(HER2_IHC, "3+", 3, "2026-06-01")
    assert ask(client, "trastuzumab", BREAST, before, report(HER2_IHC, "0", 2), later) == []


# -- BCR::ABL1 --


@pytest.mark.parametrize("drug", ["imatinib", "dasatinib", "nilotinib", "bosutinib"])
def test_t315i_asks_for_ponatinib_or_asciminib(client: FlaskClient, drug: str) -> None:
    found = heard(client, drug, CML, (FUSION, "Positive"), (KINASE, "p.T315I detected"))
    assert (found["action"], found["indicator"]) == ("avoid", "critical")
    assert offered(found) == ["ponatinib", "asciminib"]
    assert silent(client, drug, CML, (FUSION, "Positive"), (KINASE, "No mutation detected"))


@pytest.mark.parametrize(
    ("drug", "change", "action", "first", "never"),
    [
        ("dasatinib", "V299L", "avoid", "nilotinib", "bosutinib"),
        ("dasatinib", "F317L", "avoid", "nilotinib", "bosutinib"),
        ("bosutinib", "V299L", "avoid", "nilotinib", "dasatinib"),
        ("nilotinib", "Y253H", "avoid", "dasatinib", "imatinib"),
        ("nilotinib", "E255K", "avoid", "dasatinib", "imatinib"),
        ("nilotinib", "E255V", "avoid", "dasatinib", "imatinib"),
        ("nilotinib", "F359V", "avoid", "dasatinib", "asciminib"),
        ("asciminib", "F359V", "avoid", "dasatinib", "nilotinib"),
        ("imatinib", "Y253H", "consider-alternative", "dasatinib", "nilotinib"),
    ],
)
def test_a_change_of_the_kinase_chooses_the_inhibitor(
    client: FlaskClient, drug: str, change: str, action: str, first: str, never: str
) -> None:
    found = heard(client, drug, CML, (FUSION, "Positive"), (KINASE, f"p.{change} detected"))
    assert found["action"] == action
    assert offered(found)[0] == first
    assert never not in offered(found)
    assert "ponatinib" in offered(found)


@pytest.mark.parametrize(
    ("drug", "change"),
    [("dasatinib", "Y253H"), ("nilotinib", "V299L"), ("bosutinib", "F359V"), ("asciminib", "E255K"),
     ("ponatinib", "E255V"), ("imatinib", "A337T")],
)  # fmt: skip
def test_a_change_that_leaves_the_inhibitor_working_is_silent(
    client: FlaskClient, drug: str, change: str
) -> None:
    assert silent(client, drug, CML, (FUSION, "Positive"), (KINASE, f"p.{change} detected"))


def test_two_changes_that_resist_the_older_inhibitors_leave_the_newer_ones(client: FlaskClient) -> None:
    found = heard(client, "dasatinib", CML, (FUSION, "Positive"), (KINASE, "V299L and E255K detected"))
    assert offered(found) == ["ponatinib", "asciminib"]


@pytest.mark.parametrize("drug", ["ponatinib", "asciminib"])
def test_t315i_is_what_these_are_for(client: FlaskClient, drug: str) -> None:
    assert silent(client, drug, CML, (FUSION, "Positive"), (KINASE, "p.T315I detected"))


def test_asciminib_is_not_offered_in_acute_leukaemia(client: FlaskClient) -> None:
    found = heard(client, "imatinib", ALL, (FUSION, "Positive"), (KINASE, "p.T315I detected"))
    assert offered(found) == ["ponatinib"]


def test_gastrointestinal_stromal_tumours_need_no_bcr_abl1(client: FlaskClient) -> None:
    assert silent(client, "imatinib", "420120006")


# -- fusions --


def test_crizotinib_needs_one_of_two_fusions(client: FlaskClient) -> None:
    assert silent(client, "crizotinib", LUNG, (ALK, "Positive"))
    found = heard(client, "crizotinib", LUNG, (ALK, "Negative"))
    assert found["summary"] == "Test ROS1 before the first dose of crizotinib"


def test_a_fusion_told_by_its_two_genes_is_one(client: FlaskClient) -> None:
    for drug, disease, first, second in (
        ("imatinib", CML, "BCR", "ABL1"),
        ("alectinib", LUNG, "EML4", "ALK"),
    ):
        joined = variant(first, "", "LA6684-0")
        joined["component"][1] = {**joined["component"][0], "valueCodeableConcept": {"text": second}}
        assert ask(client, drug, disease, joined) == []


def test_a_fusion_is_no_change_of_a_residue(client: FlaskClient) -> None:
    found = heard(client, "cetuximab", COLON, (KRAS, "KRAS::UBE2L3 fusion detected"), (NRAS, NONE))
    assert found["action"] == "test-first"


def test_entrectinib_without_ros1_may_be_meant_for_ntrk(client: FlaskClient) -> None:
    assert heard(client, "entrectinib", LUNG)["action"] == "test-first"
    assert silent(client, "entrectinib", LUNG, (ROS1, "Positive"))
    assert silent(client, "entrectinib", LUNG, (ROS1, "Negative"))


# -- PD-L1 by tumour and line --

_NO_DRIVER = ((EGFR, NONE), (ALK, "Negative"))
ALONE = "single agent, first line"


@pytest.mark.parametrize("value", ["80%", "1%", "1-49%"])
def test_enough_pd_l1_and_no_driver_is_right_for_pembrolizumab(client: FlaskClient, value: str) -> None:
    assert silent(client, "pembrolizumab", LUNG, (TPS, value), *_NO_DRIVER, words=ALONE)


def test_pd_l1_below_1_speaks_against_pembrolizumab_alone(client: FlaskClient) -> None:
    found = heard(client, "pembrolizumab", LUNG, (TPS, "<1%"), *_NO_DRIVER, words=ALONE)
    assert (found["action"], found["indicator"]) == ("not-indicated", "critical")
    assert silent(client, "pembrolizumab", LUNG, (TPS, "<1%"), words="with chemotherapy, first line")
    assert silent(client, "pembrolizumab", LUNG, (TPS, "<1%"), beside=("carboplatin",))
    found = heard(client, "pembrolizumab", LUNG, (TPS, "<1%"))
    assert (found["action"], found["indicator"]) == ("consider-alternative", "info")


def test_pd_l1_comes_first_where_pembrolizumab_is_given_alone(client: FlaskClient) -> None:
    found = heard(client, "pembrolizumab", LUNG, words=ALONE)
    assert (found["action"], found["indicator"]) == ("test-first", "warning")
    assert silent(client, "pembrolizumab", LUNG, words="with chemotherapy")
    found = heard(client, "pembrolizumab", LUNG)
    assert (found["action"], found["indicator"]) == ("test-first", "info")


@pytest.mark.parametrize(
    ("name", "value", "instead"),
    [
        (EGFR, "L858R detected", "osimertinib"),
        (EGFR, "p.D770_N771insSVD", "amivantamab with chemotherapy (specialist)"),
        (ALK, "Positive", "alectinib"),
    ],
)
def test_a_driver_comes_before_pembrolizumab(
    client: FlaskClient, name: str, value: str, instead: str
) -> None:
    found = heard(client, "pembrolizumab", LUNG, (TPS, "80%"), (name, value), words=ALONE)
    assert (found["action"], found["indicator"]) == ("avoid", "warning")
    assert offered(found) == [instead]
    assert silent(client, "pembrolizumab", LUNG, (TPS, "80%"), (name, value), words="second line")


def test_in_metastatic_breast_cancer_the_bound_is_10(client: FlaskClient) -> None:
    words = "metastatic triple negative"
    assert heard(client, "pembrolizumab", BREAST, words=words)["indicator"] == "warning"
    assert heard(client, "pembrolizumab", BREAST, (CPS, "5"), words=words)["action"] == "not-indicated"
    assert silent(client, "pembrolizumab", BREAST, (CPS, "10"), words=words)
    assert silent(client, "pembrolizumab", BREAST, (CPS, "5"), words="early, neoadjuvant")
    assert silent(client, "pembrolizumab", BREAST, words="non-metastatic")


def test_in_cervical_cancer_chemoradiation_needs_no_pd_l1(client: FlaskClient) -> None:
    assert heard(client, "pembrolizumab", CERVIX, words="metastatic")["indicator"] == "warning"
    assert silent(client, "pembrolizumab", CERVIX, (CPS, "<1"), words="with chemoradiation")
    found = heard(client, "pembrolizumab", CERVIX, (CPS, "<1"), words="metastatic")
    assert found["action"] == "consider-alternative"


def test_in_stomach_cancer_the_bound_is_1(client: FlaskClient) -> None:
    found = heard(client, "pembrolizumab", STOMACH, (CPS, "<1"))
    assert (found["action"], found["indicator"]) == ("consider-alternative", "info")
    assert silent(client, "pembrolizumab", STOMACH, (CPS, "5"))


def test_in_melanoma_pd_l1_is_no_matter(client: FlaskClient) -> None:
    assert silent(client, "pembrolizumab", MELANOMA)
    assert silent(client, "pembrolizumab", MELANOMA, (TPS, "<1%"))


def test_many_mutations_keep_pembrolizumab_open_in_a_stable_tumour(client: FlaskClient) -> None:
    assert silent(client, "pembrolizumab", COLON, ("MSI", "MSS"), ("TMB", "15"))


# -- BRCA: germline and tumour are two matters --


def test_a_change_of_the_tumour_is_no_inherited_one(client: FlaskClient) -> None:
    found = heard(client, "olaparib", BREAST, (TUMOUR, "Pathogenic variant BRCA1 c.68_69del"))
    assert found["summary"] == "Test germline BRCA before the first dose of olaparib"


def test_either_is_enough_in_ovarian_cancer(client: FlaskClient) -> None:
    assert silent(client, "olaparib", OVARY, (TUMOUR, "Pathogenic variant BRCA1 c.68_69del"))
    assert silent(client, "olaparib", OVARY, (GERMLINE, _BRCA))
    found = heard(client, "olaparib", OVARY, (GERMLINE, NONE))
    assert found["summary"] == "Test tumour BRCA before the first dose of olaparib"
    found = heard(client, "olaparib", OVARY, (TUMOUR, NONE), words="first line maintenance")
    assert found["action"] == "not-indicated"
    assert silent(client, "olaparib", OVARY, (TUMOUR, NONE), beside=("bevacizumab",))


def test_what_is_inherited_is_no_change_of_the_tumour(client: FlaskClient) -> None:
    """The same change with both origins: only the tumour's speaks against or for the drug."""
    for drug, disease, gene, change in (
        ("gefitinib", LUNG, "EGFR", "p.Thr790Met"),
        ("cetuximab", COLON, "KRAS", "p.Gly12Asp"),
        ("vemurafenib", MELANOMA, "BRAF", "p.Val600Glu"),
    ):
        (inherited,) = ask(client, drug, disease, variant(gene, change, "LA6683-2"))
        assert inherited["extension"][KEY]["action"] == "test-first"
        cards = ask(client, drug, disease, variant(gene, change, "LA6684-0"))
        assert [card["extension"][KEY]["action"] for card in cards] != ["test-first"]


def test_a_tumours_genotype_never_counts_as_the_persons(client: FlaskClient) -> None:
    """DPYD in a tumour's panel says nothing about how fast the liver clears capecitabine."""
    source = {
        "code": {"coding": [{"system": "http://loinc.org", "code": "48002-0"}]},
        "valueCodeableConcept": {"coding": [{"system": "http://loinc.org", "code": "LA6684-0"}]},
    }
    inherited = genotype("DPYD", "c.1905+1G>A/c.1905+1G>A")
    somatic = {**inherited, "component": [*inherited["component"], source]}
    (card,) = ask(client, "capecitabine", COLON, inherited)
    assert card["extension"][KEY]["action"] == "avoid"
    assert [card["extension"][KEY]["action"] for card in ask(client, "capecitabine", COLON, somatic)] in (
        [],
        ["test-first"],
    )


def test_germline_advice_stands_beside_the_tumours(client: FlaskClient) -> None:
    """G6PD is the person's, BRAF the tumour's: each is judged on its own, and one card tells both."""
    g6pd = {**report("G6PD PHENOTYPE", "Deficient", 7), "code": {"text": "G6PD phenotype"}}
    (card,) = ask(client, "dabrafenib", MELANOMA, report(BRAF, "V600E detected", 1), g6pd)
    assert card["extension"][KEY]["action"] == "monitor"
    (card,) = ask(client, "dabrafenib", MELANOMA, report(BRAF, NONE, 1), g6pd)
    assert card["extension"][KEY]["action"] == "not-indicated"
    assert {gene["gene"] for gene in card["extension"][KEY]["genes"]} == {"BRAF", "G6PD"}


# -- blood, doubt, conflict --


@pytest.mark.parametrize(
    ("drug", "disease", "name"),
    [
        ("osimertinib", LUNG, EGFR_BLOOD),
        ("vemurafenib", MELANOMA, "BRAF V600 MUTATION ANALYSIS, PLASMA"),
        ("cetuximab", COLON, "KRAS MUTATION ANALYSIS, CTDNA"),
        ("sotorasib", LUNG, "KRAS MUTATION ANALYSIS, LIQUID BIOPSY"),
    ],
)
def test_nothing_in_blood_excludes_nothing(client: FlaskClient, drug: str, disease: str, name: str) -> None:
    found = heard(client, drug, disease, (name, NONE))
    assert (found["action"], found["indicator"]) == ("test-first", "warning")
    assert "tissue should be tested" in found["detail"]


def test_blood_is_where_leukaemia_is(client: FlaskClient) -> None:
    assert heard(client, "imatinib", CML, (FUSION, "Negative"))["action"] == "not-indicated"


def test_what_one_report_found_another_does_not_take_back(client: FlaskClient) -> None:
    assert silent(client, "gefitinib", LUNG, (EGFR, NONE), (EGFR_BLOOD, "L858R detected"))
    found = heard(client, "cetuximab", COLON, *_RAS_FREE, ("KRAS MUTATION ANALYSIS, CTDNA", "G12V detected"))
    assert found["action"] == "not-indicated"


def test_a_result_that_is_on_its_way_is_waited_for_and_not_ordered_again(client: FlaskClient) -> None:
    (card,) = ask(client, "gefitinib", LUNG, report(EGFR, "Pending", 1, status="registered"))
    assert card["summary"].startswith("The EGFR result is on its way")
    assert card.get("suggestions", []) == []


def test_an_order_on_file_without_a_value_is_on_its_way_too(client: FlaskClient) -> None:
    awaited = {key: item for key, item in report(EGFR, "", 1).items() if key != "valueString"}
    (card,) = ask(client, "gefitinib", LUNG, {**awaited, "status": "registered"})
    assert card["summary"].startswith("The EGFR result is on its way")


@pytest.mark.parametrize(
    ("drug", "disease", "name", "value", "action"),
    [
        ("vemurafenib", MELANOMA, "BRAF", "Wild type", "not-indicated"),
        ("alectinib", LUNG, "ALK", "Negative", "not-indicated"),
        ("alectinib", LUNG, "ALK REARRANGEMENT", "EML4::ALK", None),
        ("pembrolizumab", COLON, "MISMATCH REPAIR IHC", "Proficient", "not-indicated"),
        ("pembrolizumab", COLON, "MISMATCH REPAIR IHC", "Deficient", None),
        ("olaparib", BREAST, "BRCA1/2 GERMLINE", "Negative", "not-indicated"),
        ("osimertinib", LUNG, "eGFR", "60 mL/min/1.73m2", "test-first"),
    ],
)
def test_short_names_of_tests_are_enough(
    client: FlaskClient, drug: str, disease: str, name: str, value: str, action: str | None
) -> None:
    cards = ask(client, drug, disease, report(name, value, 1))
    assert [card["extension"][KEY]["action"] for card in cards] == ([action] if action else [])


def test_a_failed_test_is_no_negative_one(client: FlaskClient) -> None:
    found = heard(client, "gefitinib", LUNG, (EGFR, "Insufficient tissue, test failed"))
    assert (found["action"], found["indicator"]) == ("test-first", "warning")
    assert "no clear result" in found["detail"]


@pytest.mark.parametrize(
    ("drug", "disease", "name", "value"),
    [
        ("gefitinib", LUNG, EGFR, "Variant of uncertain significance p.V834L"),
        ("olaparib", BREAST, GERMLINE, "Variant of uncertain significance BRCA2 c.5744C>T"),
        ("vemurafenib", MELANOMA, BRAF, "Variant of uncertain significance p.L505H"),
    ],
)
def test_nothing_follows_from_a_variant_of_uncertain_significance(
    client: FlaskClient, drug: str, disease: str, name: str, value: str
) -> None:
    assert silent(client, drug, disease, (name, value))


def test_another_change_asks_quietly(client: FlaskClient) -> None:
    found = heard(client, "gefitinib", LUNG, (EGFR, "R776H detected"))
    assert (found["action"], found["indicator"]) == ("test-first", "info")
    assert "none that decides" in found["detail"]


def test_a_change_without_its_name_is_not_guessed(client: FlaskClient) -> None:
    found = heard(client, "gefitinib", LUNG, (EGFR, "Mutation detected"))
    assert found["action"] == "test-first"
    assert "does not name it" in found["detail"]


# -- unknown disease --


def test_without_a_disease_an_objection_is_a_possibility(client: FlaskClient) -> None:
    found = heard(client, "gefitinib", None, (EGFR, NONE))
    assert (found["action"], found["indicator"]) == ("consider-alternative", "info")
    assert "depends on what the drug is for" in found["detail"]


def test_without_a_disease_a_test_is_asked_for_only_if_all_uses_need_one(client: FlaskClient) -> None:
    assert heard(client, "gefitinib", None)["indicator"] == "info"
    assert silent(client, "pembrolizumab", None)
    assert silent(client, "imatinib", None)


# -- codes --


@pytest.mark.parametrize(
    ("drug", "disease", "code", "value", "action"),
    [
        ("gefitinib", LUNG, "21665-5", "L858R", None),
        ("gefitinib", LUNG, "21665-5", NONE, "not-indicated"),
        ("sotorasib", LUNG, "21702-6", "p.Gly12Asp", "not-indicated"),
        ("trastuzumab", BREAST, "18474-7", "0", "not-indicated"),
        ("trastuzumab", BREAST, "85318-4", "Amplified", None),
        ("trastuzumab", BREAST, "48676-1", "Negative", "not-indicated"),
    ],
)
def test_a_code_without_a_name_is_enough(
    client: FlaskClient, drug: str, disease: str, code: str, value: str, action: str | None
) -> None:
    result = {**report("", value, 1), "code": {"coding": [{"system": "http://loinc.org", "code": code}]}}
    cards = ask(client, drug, disease, result)
    assert [card["extension"][KEY]["action"] for card in cards] == ([action] if action else [])
