"""One changed fact between two knowledge folders, and the ways to say it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields

DRUG, GENE, VALUE_SET, OTHER = "drug", "gene", "value set", "other"


@dataclass(frozen=True, slots=True)
class Change:
    """
    One changed fact.

    Args:
        group: `drug`, `gene`, `value set` or `other`.
        subject: Name of the drug, gene or set; for `other` the file.
        fact: What changed: `action`, `dose`, `function`, ...
        sentence: The change as a person reads it.
        source: Id of the guideline body, or empty.
        item: Id of the rule, replacement or test, name of the allele, or empty.
        old, new: The fact before and after, in words; empty = was not there, is not there any more.
    """

    group: str
    subject: str
    fact: str
    sentence: str
    source: str = ""
    item: str = ""
    old: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True)
class Lead:
    """
    What the sentences about one thing have in common.

    Args:
        group, subject, source, item: As in `Change`.
        words: Beginning of the sentence.
        end: End of the sentence, such as the guideline in brackets.
    """

    group: str
    subject: str
    words: str
    source: str = ""
    item: str = ""
    end: str = ""

    def say(self, fact: str, old: str, new: str, text: str = "") -> Change:
        """
        A change.

        Args:
            fact: What changed.
            old, new: Before and after.
            text: Words to use instead of `fact old -> new`.
        """
        said = text or f"{fact} {old or 'none'} -> {new or 'none'}"
        return Change(
            self.group,
            self.subject,
            fact,
            f"{self.words}: {said}{self.end}",
            self.source,
            self.item,
            old,
            new,
        )

    def value(self, fact: str, old: str, new: str) -> Iterator[Change]:
        """The change of one value, if there is one."""
        if old != new:
            yield self.say(fact, old, new)

    def members(self, fact: str, old: Iterable[str], new: Iterable[str]) -> Iterator[Change]:
        """What came to a list and what went, one change each; the order counts for nothing."""
        before, after = list(dict.fromkeys(old)), list(dict.fromkeys(new))
        for name in sorted(set(before) - set(after)):
            yield self.say(fact, name, "", f"{fact} withdrawn: {name}")
        for name in sorted(set(after) - set(before)):
            yield self.say(fact, "", name, f"{fact} added: {name}")


def rest(lead: Lead, old: object, new: object, told: frozenset[str]) -> Iterator[Change]:
    """
    Changes of all fields that no sentence was written for, so that none goes unseen.

    Args:
        lead: Beginning of the sentences.
        old, new: Two values of the same dataclass.
        told: Fields that are told elsewhere.
    """
    for item in fields(old):  # type: ignore[arg-type]
        if item.init and item.name not in told:  # what is computed from other fields is told with them
            before, after = getattr(old, item.name), getattr(new, item.name)
            if isinstance(before, Mapping) and isinstance(after, Mapping):
                for key in sorted({*before, *after}, key=str):
                    yield from lead.value(f"{item.name} {key}", _text(before, key), _text(after, key))
            elif before != after:
                yield lead.say(item.name, str(before), str(after))


def _text(values: Mapping[object, object], key: object) -> str:
    return str(values[key]) if key in values else ""
