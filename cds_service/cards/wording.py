"""Keyed phrases with named slots; the words live in `phrases/<language>.json`."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cds_service.core.errors import KnowledgeError
from cds_service.core.model import Notice

FOLDER = Path(__file__).parent / "phrases"

#: The language the others are translated from, and the one nobody has to ask for.
DEFAULT = "en"

#: Phrases written from right to left put Latin names between these two, so that "*2/*2" keeps its order.
ISOLATE, END_ISOLATE = "\u2068", "\u2069"

#: What begins a tag in HTML, and a link or image in Markdown.
_TAG, _LINK = re.compile(r"<(?=[A-Za-z/!?])"), re.compile(r"\]\(")


@dataclass(frozen=True, slots=True)
class Wording:
    """
    The phrases of one language.

    Args:
        language: Code, such as `en`.
        direction: `ltr` or `rtl`.
        phrases: `section.key` -> text with slots in braces.
    """

    language: str
    direction: str
    phrases: Mapping[str, str]

    def say(self, key: str, **slots: str) -> str:
        """
        Fill a phrase.

        A slot written with a capital first letter gets the value with a capital first letter.

        Raises:
            KnowledgeError: If the phrase or one of its slots is missing: no card is better than a garbled
            one.
        """
        text = self.phrases.get(key)
        if text is None:
            raise KnowledgeError(f"phrases/{self.language}.json: there is no phrase '{key}'")
        try:
            # An empty slot leaves an empty pair behind, which would keep a caller from trimming the text.
            return text.format_map(_Slots(slots)).replace(ISOLATE + END_ISOLATE, "")
        except KeyError as error:
            raise KnowledgeError(f"phrases/{self.language}.json: '{key}' needs the slot {error}") from None

    def alone(self, name: str) -> str:
        """A Latin name between others; text from right to left would else show the list from its end."""
        return f"{ISOLATE}{name}{END_ISOLATE}" if self.direction == "rtl" else name

    def has(self, key: str) -> bool:
        """True if there is such a phrase."""
        return key in self.phrases

    def notice(self, notice: Notice) -> str:
        """The words of a notice."""
        slots = dict(notice.slots)
        if notice.key == "exclusion":
            return self._exclusion(slots["name"], slots.get("note", ""), slots.get("taken", ""))
        if "kind" in slots:
            slots["kind"] = self.say(f"interaction.{slots['kind']}", enzyme=slots["enzyme"])
        return self.say(f"notice.{notice.key}", **slots)

    def _exclusion(self, name: str, note: str, taken: str) -> str:
        """Words for a reason with its note, such as a dose, where there are some; else for it alone."""
        words = self.phrases.get(f"exclusion.{name} ({note})") or self.phrases.get(f"exclusion.{name}")
        if words is None and taken:
            return self.say("exclusion.takes", name=taken)
        return words or name

    def join(self, items: Iterable[str], word: str) -> str:
        """`a`, `a or b`, `a, b or c`; `word` is the key of the last joint (`list-or`, `list-and`)."""
        parts = list(items)
        if len(parts) < 2:
            return "".join(parts)
        return self.say(f"text.{word}", first=", ".join(parts[:-1]), last=parts[-1])


class _Slots(dict[str, str]):
    """The values of slots, made inert as they are asked for."""

    def __getitem__(self, name: str) -> str:
        if name in self:
            return inert(super().__getitem__(name))
        if name[:1].isupper() and name.lower() in self:
            return _capital(self[name.lower()])
        raise KeyError(name)


def languages(folder: Path = FOLDER) -> tuple[str, ...]:
    """The codes of the languages that have phrases, in alphabetical order."""
    return tuple(sorted(file.stem for file in folder.glob("*.json")))


def load_wording(language: str = DEFAULT, folder: Path = FOLDER) -> Wording:
    """
    Read the phrases of one language.

    Raises:
        KnowledgeError: If there is no such language or its file is malformed.
    """
    known = languages(folder)
    if language not in known:
        raise KnowledgeError(f"there are no phrases for the language '{language}'; known: {', '.join(known)}")
    value = json.loads((folder / f"{language}.json").read_text(encoding="utf-8"))
    phrases = {
        f"{section}.{key}": text for section, texts in value["phrases"].items() for key, text in texts.items()
    }
    return Wording(value["language"], value["direction"], phrases)


def inert(text: str) -> str:
    """
    A text that may be the sender's, without what Markdown or a page would carry out: tags, links, images.

    Numbers keep their signs: `<5` opens no tag.

    >>> inert("<b onclick=x>5 mg</b> (<5 mg) [see](https://evil.example)")
    '‹b onclick=x>5 mg‹/b> (<5 mg) [see] (https://evil.example)'
    """
    if "<" in text:
        text = _TAG.sub("‹", text)
    return _LINK.sub("] (", text) if "](" in text else text


def slots_of(text: str) -> frozenset[str]:
    """The names of the slots of a phrase.

    >>> sorted(slots_of("Lower the {drug} dose to {dose}"))
    ['dose', 'drug']
    """
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
