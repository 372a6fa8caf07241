"""Everything that can be said has words in every language, and none are a source's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cds_service.curation.checks import copied, translated
from cds_service.curation.checks import phrases as check
from tests.curation.checks.small import RULES, change, phrases, read


def faults(
    module: ModuleType, folder: Path, words: Mapping[str, Mapping[str, str]], against: str = ""
) -> list[str]:
    context = replace(read(folder, {"source.txt": against}), phrases=words)
    return sorted(str(fault) for fault in module.run(context))


def with_key(language: str, key: str, text: str) -> dict[str, dict[str, str]]:
    changed = {name: dict(texts) for name, texts in phrases().items()}
    changed[language][key] = text
    return changed


def without(language: str, key: str) -> dict[str, dict[str, str]]:
    return {
        name: {k: text for k, text in texts.items() if (name, k) != (language, key)}
        for name, texts in phrases().items()
    }


def test_the_small_folder_has_all_its_words(folder: Path) -> None:
    assert faults(check, folder, phrases()) == []


@pytest.mark.parametrize(
    "key",
    ["implication.sample-slow", "strength.Strong", "exclusion.age>=75", "applies.start", "action.avoid"],
)
def test_a_key_without_words_is_said_for_its_language(folder: Path, key: str) -> None:
    assert faults(check, folder, without("de", key)) == [
        f"phrases/de.json: {key}: a card may need it and it has no words; add them"
    ]


@pytest.mark.parametrize(
    ("branch", "key"),
    [
        ({"action": "monitor", "monitoring": ["blood-count"]}, "watch.blood-count"),
        ({"action": "avoid", "when": {"sex": "male"}, "label": "in-men"}, "condition.in-men"),
        ({"action": "avoid", "add": "a-second-drug"}, "add.a-second-drug"),
        ({"action": "avoid", "later": [{"step": "too-late", "action": "monitor"}]}, "later.too-late"),
        ({"action": "avoid", "later": [{"step": "too-late", "action": "cap-dose"}]}, "step.cap-dose"),
    ],
)
def test_what_a_rule_newly_says_needs_words_in_every_language(
    folder: Path, branch: dict[str, Any], key: str
) -> None:
    change(folder, RULES, lambda d: d["rules"][2].update(branches=[branch]))
    said = [line for line in faults(check, folder, phrases()) if f": {key}: " in line]
    assert [line.split(":")[0] for line in said] == ["phrases/de.json", "phrases/en.json"]


def test_a_quiet_answer_needs_no_words_for_its_condition(folder: Path) -> None:
    branch = {"action": "standard", "when": {"sex": "male"}, "label": "in-men"}
    change(folder, RULES, lambda d: d["rules"][0].update(branches=[branch]))
    assert not any("in-men" in line for line in faults(check, folder, phrases()))


def test_a_phrase_that_one_language_lacks_is_said(folder: Path) -> None:
    assert faults(check, folder, with_key("en", "text.more", "More")) == [
        "phrases/de.json: text.more: en has words for it; translate them"
    ]


def test_slots_that_differ_are_said(folder: Path) -> None:
    words = with_key("en", "strength.Strong", "strongly for {Drug} and {dose}")
    assert faults(check, folder, words) == [
        "phrases/en.json: strength.Strong: its slots are dose, drug, in de drug; use the same"
    ]


# -- nobody else's sentences -----------------------------------------------------------------------

SENTENCE = "Consider an alternative agent; if one must be used, then lower it slowly."


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        pytest.param(
            "We say: consider an alternative agent, if one must be used", SENTENCE, id="in the middle"
        ),
        pytest.param("CONSIDER AN ALTERNATIVE AGENT IF ONE MUST BE", SENTENCE, id="exactly eight words"),
        pytest.param(
            "{Drug}: if one must be used then lower it slowly", f"one\n{SENTENCE}", id="second line"
        ),
    ],
)
def test_eight_words_of_a_source_are_said(folder: Path, phrase: str, text: str) -> None:
    (fault,) = faults(copied, folder, {"en": {"text.x": phrase}}, text)
    assert fault.startswith("phrases/en.json: text.x: '")
    assert f"stands in source.txt line {1 + text.count(chr(10))}, too" in fault


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        pytest.param("Consider an alternative agent if one must", SENTENCE, id="seven words"),
        pytest.param("Consider an alternative {drug} if one must be used", SENTENCE, id="a slot in between"),
        pytest.param(
            "Consider an alternative agent if one must be used", SENTENCE.replace("; ", "\n"), id="two lines"
        ),
        pytest.param("Consider an alternative agent if one must be used", "", id="no text"),
    ],
)
def test_fewer_words_are_nobodys(folder: Path, phrase: str, text: str) -> None:
    assert faults(copied, folder, {"en": {"text.x": phrase}}, text) == []


def test_the_small_folder_is_translated(folder: Path) -> None:
    assert faults(translated, folder, phrases()) == []


@pytest.mark.parametrize("left", ["", None], ids=["empty", "as in English"])
def test_a_phrase_that_is_not_translated_is_a_fault_of_its_language(folder: Path, left: str | None) -> None:
    key = "implication.sample-slow"
    words = with_key("de", key, phrases()["en"][key] if left is None else left)
    assert faults(translated, folder, words) == [
        f"phrases/de.json: {key}: not translated from en yet; translate it"
    ]
