"""No phrase copies a sentence of a source: words that say the same are ours, not theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from cds_service.curation.context import Context, Fault

name = "copied"

#: So many words in a row are a sentence of somebody, not a way everybody says it.
WORDS = 8
_WORD = re.compile(r"\w+")
_SLOT = re.compile(r"\{[^}]*\}")


def run(context: Context) -> Iterator[Fault]:
    """Runs of words that also stand in one line of a source text. Without such a text nothing is compared."""
    sources = {file: _runs_by_line(text) for file, text in context.against.items()}
    for language, phrases in sorted(context.phrases.items()):
        for key, phrase in phrases.items():
            for file, runs in sources.items():
                line, words = shared(phrase, runs)
                if words:
                    what = f"'{words}' stands in {file} line {line}, too; say it in other words"
                    yield Fault(f"phrases/{language}.json", key, what)


def shared(phrase: str, runs: Mapping[tuple[str, ...], int]) -> tuple[int, str]:
    """
    The first run of words of a phrase that a source has, too, and its line; zero and nothing if none.

    Case and punctuation do not count. A slot ends a run, because the source has another word there.
    """
    for part in _SLOT.split(phrase):
        for run_of_words in _runs(part):
            if run_of_words in runs:
                return runs[run_of_words], " ".join(run_of_words)
    return 0, ""


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    words = _WORD.findall(text.lower())
    return (tuple(words[at : at + WORDS]) for at in range(len(words) - WORDS + 1))


def _runs_by_line(text: str) -> dict[tuple[str, ...], int]:
    found: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        for words in _runs(line):
            found.setdefault(words, number)
    return found
