"""Every language says all that English says, within the same limits; right-to-left texts stay readable."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from cds_service.cards.card import CardMaker
from cds_service.cards.suggestions import Style
from cds_service.cards.summary import LIMIT, summary
from cds_service.cards.wording import DEFAULT, END_ISOLATE, ISOLATE, languages, load_wording, slots_of
from cds_service.core.actions import QUIET
from cds_service.core.errors import KnowledgeError
from cds_service.core.finding import Choice, Finding, GeneUse, Status
from cds_service.core.match import Outcome
from cds_service.core.phenotype import GeneState
from cds_service.core.urgency import Urgency
from cds_service.core.weigh import GeneEvidence
from cds_service.curation.checks.translated import untranslated
from cds_service.hooks.site import SiteProfile, read_site
from tests.builders import STENT, genotype, judge, knowledge, order, person

CALL = "11111111-2222-4333-8444-555555555555"
DRAFT = {"resourceType": "MedicationRequest", "id": "1", "subject": {"reference": "Patient/1"}}
OTHERS = [language for language in languages() if language != DEFAULT]
ENGLISH = load_wording().phrases

#: Latin words that stay in a text written from right to left: the names machines and laboratories use.
LATIN = re.compile(r"[A-Za-z][A-Za-z0-9]*")


def cards(language: str) -> CardMaker:
    return CardMaker(
        load_wording(language), Style.REPLACE, knowledge().released, dict(knowledge().source_labels)
    )


def depth(text: str) -> list[int]:
    """How many isolates are open after each sign."""
    steps = [1 if sign == ISOLATE else -1 if sign == END_ISOLATE else 0 for sign in text]
    return [sum(steps[: end + 1]) for end in range(len(steps))]


def balanced(text: str) -> bool:
    levels = depth(text)
    return not levels or (min(levels) >= 0 and levels[-1] == 0)


def findings() -> list[Finding]:
    """A finding for every branch of every rule, with a long result and two replacements."""
    found = []
    for drug in knowledge().drugs.values():
        choices = tuple(Choice(item, Status.OFFERED) for item in drug.alternatives[:2])
        uses = tuple(
            GeneUse(GeneEvidence(gene), GeneState("Intermediate Metabolizer"))
            for gene in sorted(drug.genes)[:2]
        )
        for source in drug.sources.values():
            for branch in (branch for rule in source.rules for branch in rule.branches):
                if branch.action not in QUIET:
                    found.append(
                        Finding(
                            order(drug.name),
                            drug,
                            Outcome.GUIDANCE,
                            branch.action,
                            genes=uses,
                            dose=branch.dose,
                            monitoring=branch.monitoring,
                            condition=branch.label,
                            alternatives=choices,
                        )
                    )
    return found


def test_there_is_a_language_written_from_each_side() -> None:
    assert {load_wording(language).direction for language in languages()} == {"ltr", "rtl"}


@pytest.mark.parametrize("language", OTHERS)
def test_a_file_names_its_own_language(language: str) -> None:
    assert load_wording(language).language == language


def test_nothing_is_left_untranslated() -> None:
    phrases = {language: load_wording(language).phrases for language in languages()}
    assert untranslated(phrases) == {language: [] for language in OTHERS}


def test_what_is_untranslated_is_named_by_language() -> None:
    english = {"a": "Use {drug}", "b": "mg/kg", "c": "", "d": "{low} to {high}", "e": "stop"}
    found = untranslated({"en": english, "de": {**english, "a": "{drug} geben", "e": ""}, "ur": {"a": "دیں"}})
    assert found == {"de": ["e"], "ur": ["b", "c", "d", "e"]}


@pytest.mark.parametrize("language", OTHERS)
def test_keys_are_the_keys_of_english(language: str) -> None:
    assert sorted(load_wording(language).phrases) == sorted(ENGLISH)


@pytest.mark.parametrize("language", OTHERS)
def test_slots_are_the_slots_of_english(language: str) -> None:
    """Whether a slot starts with a capital letter is grammar: German writes nouns so."""
    phrases = load_wording(language).phrases
    other = {
        key: text
        for key, text in phrases.items()
        if {slot.lower() for slot in slots_of(text)} != {slot.lower() for slot in slots_of(ENGLISH[key])}
    }
    assert other == {}


@pytest.mark.parametrize("language", OTHERS)
def test_silent_notices_are_silent_everywhere(language: str) -> None:
    phrases = load_wording(language).phrases
    assert [key for key, text in phrases.items() if bool(text) != bool(ENGLISH[key])] == []


@pytest.mark.parametrize("language", languages())
def test_summaries_of_every_rule_are_short_and_uncut(language: str) -> None:
    words = load_wording(language)
    made = {summary(finding, words) for finding in findings()}
    assert len(made) > 300
    assert [text for text in made if len(text) > LIMIT or text.endswith("…") or not balanced(text)] == []


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("kind", ["test-", "result-", "resolve-", "two-drugs", "order", "drug-unknown"])
def test_summaries_about_results_and_orders_are_short(language: str, kind: str) -> None:
    words = load_wording(language)
    keys = [key for key in words.phrases if key.startswith(f"summary.{kind}")]
    assert keys
    for key, drug in product(keys, knowledge().drugs.values()):
        result = f"{max(drug.genes, key=len, default='')} intermediate metabolizer"
        genes = words.join(sorted(drug.genes)[:2], "list-and")
        what = words.say("watch.g6pd-activity")
        pair = {"change": drug.name, "keep": "mycophenolate mofetil", "alternatives": "pantoprazole"}
        text = words.say(key, drug=drug.name, genes=genes, result=result, what=what, count="200", **pair)
        assert len(text) <= LIMIT, text


@pytest.mark.parametrize("language", OTHERS)
def test_cards_have_no_odd_spaces_and_no_open_slots(language: str) -> None:
    for finding in findings():
        card = cards(language).card(replace(finding, alternatives=(), genes=()), DRAFT, CALL)
        assert card is not None
        text = f"{card['summary']}\n{card['detail']}"
        assert not re.search(r"  |\.\.| \.|۔\.|[{}<!]", text), text
        assert balanced(text), text


@pytest.mark.parametrize("language", [name for name in OTHERS if load_wording(name).direction == "rtl"])
class TestRightToLeft:
    def test_isolates_are_balanced_and_never_nested(self, language: str) -> None:
        for key, text in load_wording(language).phrases.items():
            assert balanced(text), key
            assert max(depth(text), default=0) <= 1, key

    def test_latin_words_stand_in_isolates(self, language: str) -> None:
        """Slots are looked at without their braces, so the slot of a name needs an isolate, too."""
        words = load_wording(language)
        units = {key for key in words.phrases if key.startswith("unit.")}
        native = {"alternatives", "dose", "what", "instead", "period", "list", "note", "reason", "origin"}
        native |= {"strength", "action", "count", "index"}
        loose = {}
        for key in sorted(set(words.phrases) - units):
            text = words.phrases[key]
            outside = "".join(sign for sign, level in zip(text, depth(text), strict=True) if not level)
            names = [name for name in LATIN.findall(outside) if name not in native]
            if names:
                loose[key] = names
        assert loose == {}

    def test_a_card_keeps_the_order_of_alleles_and_doses(self, language: str) -> None:
        who = person(problems=["422504002"])
        finding = judge(order("clopidogrel", reason=STENT), genotype("CYP2C19", "*2/*2"), who=who)
        card = cards(language).card(finding, DRAFT, CALL)
        assert card is not None
        assert f"**{ISOLATE}CYP2C19 \\*2/\\*2, poor metabolizer{END_ISOLATE}**" in card["detail"]
        assert f"{ISOLATE}prasugrel{END_ISOLATE} (" in card["detail"]

    def test_replacements_are_isolated_one_by_one(self, language: str) -> None:
        """Otherwise the whole list is one Latin run and the best replacement is read last."""
        finding = judge(order("clopidogrel", reason=STENT), genotype("CYP2C19", "*2/*2"))
        card = cards(language).card(finding, DRAFT, CALL)
        assert card is not None
        names = [choice.alternative.name for choice in finding.offered]
        assert len(names) > 1
        assert "; ".join(f"{ISOLATE}{name}{END_ISOLATE}" for name in names) in card["detail"]

    def test_an_empty_slot_leaves_no_empty_isolate(self, language: str) -> None:
        text = load_wording(language).say("summary.monitor", drug="x", result="")
        assert ISOLATE + END_ISOLATE not in text
        assert text.rstrip(": ") != text


@pytest.mark.parametrize(("language", "mark"), [("de", {"code": "de", "direction": "ltr"}), ("en", None)])
def test_cards_name_their_language_unless_it_is_english(language: str, mark: dict[str, str] | None) -> None:
    finding = judge(order("clopidogrel", reason=STENT), genotype("CYP2C19", "*2/*2"))
    card = cards(language).card(finding, DRAFT, CALL)
    note = cards(language).notice(
        "order-unreadable", CALL, detail_key="unreadable-detail", topic="x", index="1"
    )
    assert card is not None
    assert card["extension"].get("pgx-cds.language") == mark
    assert note.get("extension", {}).get("pgx-cds.language") == mark
    assert card["indicator"] == Urgency.WARNING.value


def profile(folder: Path, **keys: object) -> SiteProfile:
    path = folder / "site.json"
    path.write_text(json.dumps(keys), encoding="utf-8")
    return read_site(path)


def test_a_site_chooses_its_language(tmp_path: Path) -> None:
    assert profile(tmp_path).language == "en"
    assert profile(tmp_path, language="ur").language == "ur"


@pytest.mark.parametrize("language", ["xx", "EN", "../en", "", 5, None, ["de"]])
def test_an_unknown_language_ends_the_start_with_the_known_ones(tmp_path: Path, language: object) -> None:
    with pytest.raises(KnowledgeError, match=r"site\.json: language must be one of de, en, ur"):
        profile(tmp_path, language=language)
