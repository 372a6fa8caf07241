"""Sign-off: bound to the content of a rule, recorded with who and when, and nothing unsigned answers."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from cds_service.cli import main
from cds_service.core.actions import Action
from cds_service.core.errors import InputError, KnowledgeError
from cds_service.core.evidence import Origin, ReportedResult, ResultKind
from cds_service.core.finding import Finding
from cds_service.core.knowledge_base import KnowledgeBase
from cds_service.core.recommend import Case, Policy, recommend
from cds_service.core.tumour_weigh import weigh_markers
from cds_service.curation.compile import compile_knowledge
from cds_service.curation.signoff import (
    InUse,
    Signature,
    item_hashes,
    only_signed,
    read_signatures,
    sign,
    write_signatures,
)
from cds_service.resources import knowledge_folder
from tests.builders import STENT, evidence, genotype, knowledge, order, person
from tests.curation.folders import copy_knowledge, edit_json, edit_text

AVOID = "clopidogrel-cpic-acs-pci-cyp2c19-poor"
NORMAL = "clopidogrel-cpic-acs-pci-cyp2c19-normal"
PRASUGREL = "clopidogrel-alt-prasugrel"
DAY = date(2026, 11, 22)
HASHES = item_hashes(knowledge_folder())
_PACK = knowledge().tumour
TUMOURS = _PACK.drugs if _PACK else {}
RULES = frozenset(
    rule.id
    for drug in knowledge().drugs.values()
    for source in drug.sources.values()
    for rule in source.rules
) | frozenset(rule.id for drug in TUMOURS.values() for rule in drug.rules)


def signed(*idents: str) -> tuple[Signature, ...]:
    return sign((), idents, HASHES, "A. Pharmacist", DAY)


def cut(*idents: str) -> KnowledgeBase:
    return only_signed(knowledge(), knowledge_folder(), signed(*idents))[0]


def judged(base: KnowledgeBase, result: str, drug: str = "clopidogrel", gene: str = "CYP2C19") -> Finding:
    draft = order(drug, reason=STENT)
    case = Case(person(), evidence(genotype(gene, result)), (draft,))
    (finding,) = recommend(draft, case, base, Policy())
    return finding


# -- what is signed --------------------------------------------------------------------------------


def test_every_rule_replacement_test_and_pair_has_a_hash() -> None:
    expected = set(RULES) | {pair.id for pair in knowledge().pairs}
    for drug in knowledge().drugs.values():
        expected |= {item.id for item in drug.alternatives} | {item.id for item in drug.pretests}
    for tumour in TUMOURS.values():
        expected |= {item.id for item in tumour.alternatives} | {item.id for item in tumour.tests}
    assert set(HASHES) == expected
    assert all(len(digest) == 64 for digest in HASHES.values())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_knowledge(tmp_path_factory.mktemp("signoff") / "knowledge")


def changed(folder: Path) -> set[str]:
    """Entries whose hash is not the shipped one."""
    now = item_hashes(folder)
    return {ident for ident in HASHES | now if HASHES.get(ident) != now.get(ident)}


def test_the_hash_changes_with_the_rule_and_with_no_other(tmp_path: Path) -> None:
    edited = copy_knowledge(tmp_path / "knowledge")
    edit_text(
        edited, "drugs/clopidogrel/cpic.json", f'"id": "{AVOID}",', f'"id": "{AVOID}", "unsuitable": ["x"],'
    )
    assert changed(edited) == {AVOID}


def test_other_layout_and_key_order_are_the_same_content(tmp_path: Path) -> None:
    edited = copy_knowledge(tmp_path / "knowledge")

    def turn(value: dict[str, list[dict[str, object]]]) -> None:
        value["rules"] = [dict(reversed(rule.items())) for rule in reversed(value["rules"])]

    edit_json(edited, "drugs/clopidogrel/cpic.json", turn)
    assert changed(edited) == set()


def test_the_same_rule_for_other_people_is_another_rule(tmp_path: Path) -> None:
    edited = copy_knowledge(tmp_path / "knowledge")
    edit_json(
        edited,
        "drugs/clopidogrel/cpic.json",
        lambda value: value["populations"][0].update(when={"indication": ["pci_or_stent"]}),
    )
    rules = knowledge().drugs["clopidogrel"].sources["cpic"].rules
    assert changed(edited) == {rule.id for rule in rules if rule.population == "acs-pci"}


# -- the file --------------------------------------------------------------------------------------


def test_a_signature_says_who_when_and_what(tmp_path: Path) -> None:
    path = tmp_path / "signoff.json"
    write_signatures(path, signed(AVOID))
    assert read_signatures(path) == (Signature(AVOID, HASHES[AVOID], "A. Pharmacist", DAY),)


def test_signing_again_adds_nothing_and_a_new_wording_adds_a_line() -> None:
    first = signed(AVOID)
    assert sign(first, [AVOID], HASHES, "B. Pharmacist", DAY) == first
    newer = {AVOID: "0" * 64}
    assert sign(first, [AVOID], newer, "B. Pharmacist", DAY) == (
        *first,
        Signature(AVOID, "0" * 64, "B. Pharmacist", DAY),
    )


@pytest.mark.parametrize(
    ("ident", "by", "fault"), [("no-such-rule", "A", "there is no rule"), (AVOID, "  ", "needs a name")]
)
def test_nobody_can_sign_nothing(ident: str, by: str, fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        sign((), [ident], HASHES, by, DAY)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{}", id="no list"),
        pytest.param(
            '{"signatures": [{"id": "a", "hash": "1", "by": "A", "on": "2026-11-22"}]}', id="short hash"
        ),
        pytest.param(
            f'{{"signatures": [{{"id": "a", "hash": "{"0" * 64}", "by": "", "on": "2026-11-22"}}]}}',
            id="nobody",
        ),
        pytest.param(
            f'{{"signatures": [{{"id": "a", "hash": "{"0" * 64}", "by": "A", "on": "soon"}}]}}', id="no day"
        ),
        pytest.param(
            f'{{"signatures": [{{"id": "a", "hash": "{"0" * 64}", "by": "A"}}]}}', id="no day at all"
        ),
    ],
)
def test_a_malformed_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "signoff.json"
    path.write_text(text)
    with pytest.raises(KnowledgeError, match="signoff.json"):
        read_signatures(path)


def test_no_sign_off_is_shipped() -> None:
    assert list(knowledge_folder().rglob("*sign*")) == []


# -- signed knowledge ------------------------------------------------------------------------------


def test_everything_signed_answers_as_before() -> None:
    all_of_it, use = only_signed(knowledge(), knowledge_folder(), signed(*HASHES))
    assert all_of_it == knowledge()
    assert use == InUse(len(RULES), len(RULES))


def test_nothing_signed_gives_no_advice_for_any_drug() -> None:
    base, use = only_signed(knowledge(), knowledge_folder(), ())
    assert use == InUse(0, len(RULES))
    assert judged(base, "*2/*2").action is Action.NO_RECOMMENDATION
    assert base.pairs == ()
    for drug in base.drugs.values():
        assert (drug.alternatives, drug.pretests) == ((), ())


def test_a_signed_rule_answers_and_offers_signed_replacements_alone() -> None:
    finding = judged(cut(AVOID, PRASUGREL), "*2/*2")
    assert (finding.action, finding.rules) == (Action.AVOID, (AVOID,))
    assert [choice.alternative.id for choice in finding.offered] == [PRASUGREL]


def test_an_unsigned_replacement_does_not_make_the_patient_one_without_replacement() -> None:
    finding = judged(cut(AVOID), "*2/*2")
    assert finding.action is Action.AVOID
    assert finding.alternatives == ()


def test_a_result_whose_rule_is_not_signed_gets_no_guidance() -> None:
    assert judged(cut(NORMAL), "*2/*2").action is Action.NO_RECOMMENDATION


def test_any_other_result_is_not_what_the_unsigned_rules_are_written_for(tmp_path: Path) -> None:
    """A signed rule for "any other result" must not answer for results that have a rule of their own."""
    folder = copy_knowledge(tmp_path / "knowledge")

    def edit(value: dict[str, list[dict[str, object]]]) -> None:
        for rule in value["rules"]:
            if rule["when"] == [{"CYP2C19": ["otherwise"]}]:
                rule["branches"] = [{"action": "monitor"}]

    edit_json(folder, "drugs/clopidogrel/fda.json", edit)
    hashes, base = item_hashes(folder), compile_knowledge(folder)
    otherwise = "clopidogrel-fda-otherwise"
    signatures = sign((), [otherwise], hashes, "A. Pharmacist", DAY)
    unsigned_rest, _ = only_signed(base, folder, signatures)
    assert judged(unsigned_rest, "*1/*17").rules == (otherwise,)
    assert judged(unsigned_rest, "*2/*2").action is Action.NO_RECOMMENDATION


def on_lung_cancer(base: KnowledgeBase, value: str) -> Finding:
    """The finding for gefitinib in lung cancer, with a report on EGFR unless the value is empty."""
    assert base.tumour is not None
    draft = order("gefitinib", reason="254637007")
    reports = [ReportedResult("EGFR", ResultKind.BIOMARKER, value, "Observation/1", origin=Origin.SOMATIC,
                              allele="mutation analysis", present=value != "Not detected")]  # fmt: skip
    markers = weigh_markers(base.tumour.markers.values(), reports if value else ())
    (finding,) = recommend(draft, Case(person(), {}, (draft,), markers=markers), base, Policy())
    return finding


def test_rules_on_tumours_are_signed_too() -> None:
    resistant, negative, test = (
        "gefitinib-tumour-t790m",
        "gefitinib-tumour-negative",
        "gefitinib-tumour-test-egfr",
    )
    assert on_lung_cancer(cut(negative), "Not detected").rules == (negative,)
    assert on_lung_cancer(cut(negative), "T790M").action is Action.NO_RECOMMENDATION
    assert on_lung_cancer(cut(resistant), "T790M").action is Action.AVOID
    assert on_lung_cancer(cut(resistant), "").action is Action.NO_RECOMMENDATION
    assert on_lung_cancer(cut(test), "").action is Action.TEST_FIRST


def test_an_unsigned_rule_keeps_its_place_before_the_next_one() -> None:
    """L858R with T790M meets the rule on resistance first; the next one must not answer for it."""
    base = cut("gefitinib-tumour-sensitising", "gefitinib-tumour-test-egfr")
    assert on_lung_cancer(base, "L858R and T790M").rules == ()
    assert on_lung_cancer(base, "L858R").action is Action.SUPPORTED


def test_a_rule_on_a_tumour_is_another_one_for_another_disease(tmp_path: Path) -> None:
    folder = copy_knowledge(tmp_path / "knowledge")
    name = "tumour/drugs/gefitinib.json"
    edit_json(folder, name, lambda v: v["uses"][0].update(when={"indication": ["melanoma"]}))
    rules = {rule.id for rule in TUMOURS["gefitinib"].rules}
    assert changed(folder) == rules


def test_a_signature_of_another_wording_counts_for_nothing_and_is_reported() -> None:
    old = Signature(AVOID, "0" * 64, "A. Pharmacist", DAY)
    gone = Signature("rule-of-long-ago", "0" * 64, "A. Pharmacist", DAY)
    base, use = only_signed(knowledge(), knowledge_folder(), (old, gone, *signed(NORMAL)))
    assert use == InUse(1, len(RULES), (AVOID, "rule-of-long-ago"))
    assert judged(base, "*2/*2").action is Action.NO_RECOMMENDATION


def test_a_folder_that_changed_since_it_was_compiled_is_refused(folder: Path) -> None:
    base = compile_knowledge(folder)
    edit_json(folder, "release.json", lambda value: value.update(released="2031-01-01"))
    with pytest.raises(KnowledgeError, match="changed while"):
        only_signed(base, folder, ())


# -- the commands ----------------------------------------------------------------------------------


def test_sign_writes_the_file_and_says_how_much_is_signed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "signoff.json"
    arguments = ["--by", "A. Pharmacist", "--file", str(path), "--on", "2026-11-22"]
    assert main(["knowledge", "sign", AVOID, NORMAL, *arguments]) == 0
    assert (
        capsys.readouterr().out
        == f"2 signatures added; 2 of {len(HASHES)} entries are signed as they stand\n"
    )
    assert main(["knowledge", "sign", AVOID, PRASUGREL, *arguments]) == 0
    assert capsys.readouterr().out.startswith("1 signatures added; 3 of")
    assert [item.id for item in read_signatures(path)] == sorted([AVOID, NORMAL, PRASUGREL])


def test_sign_refuses_an_id_that_does_not_exist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "signoff.json"
    assert main(["knowledge", "sign", "no-such-rule", "--by", "A", "--file", str(path)]) == 2
    assert "no-such-rule" in capsys.readouterr().err
    assert not path.exists()


def test_show_prints_what_a_signature_signs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["knowledge", "show", "Clopidogrel"]) == 0
    assert f"    {AVOID}  {HASHES[AVOID][:12]}" in capsys.readouterr().out.splitlines()


def test_signed_only_and_its_file_belong_together(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--signed-only"]) == 2
    assert main(["serve", "--signoff", "signoff.json"]) == 2
    assert "--signed-only and --signoff FILE belong together" in capsys.readouterr().err
