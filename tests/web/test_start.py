"""What ends a start: content the service could not speak about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cds_service.cards.wording import load_wording
from cds_service.core.errors import KnowledgeError
from cds_service.wsgi import check_words
from tests.builders import knowledge


@pytest.mark.parametrize("language", ["en", "de", "ur"])
def test_the_shipped_languages_can_say_all_of_the_knowledge(language: str) -> None:
    check_words(knowledge(), load_wording(language))


def test_a_key_without_words_ends_the_start_and_is_named() -> None:
    wording = load_wording("de")
    key = "implication.thiopurine-marrow"
    lacking = replace(wording, phrases={k: text for k, text in wording.phrases.items() if k != key})
    with pytest.raises(KnowledgeError, match=r"phrases/de\.json: no words for implication\.thiopurine"):
        check_words(knowledge(), lacking)
