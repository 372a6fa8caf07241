"""A read or a search of a FHIR server, as a value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

#: What a resource may be called in a path. Wider than FHIR's own id, because servers are; never a path.
_ID = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._~:-]{1,128}")
_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}")
_TOKEN_END = re.compile(r"(?<!\\),")
_ESCAPED = re.compile(r"([\\,$|])")


def is_id(text: str) -> bool:
    """
    Whether a text can stand as an id in a FHIR path.

    >>> is_id("eAB3mD-.x"), is_id(".."), is_id("1/../2"), is_id("")
    (True, False, False, False)
    """
    return _ID.fullmatch(text) is not None


def token(system: str, code: str) -> str:
    """
    One value of a token parameter; a blank system leaves the system open.

    >>> token("http://loinc.org", "84413-4"), token("", "A,B")
    ('http://loinc.org|84413-4', 'A\\\\,B')
    """
    return "|".join(_ESCAPED.sub(r"\\\1", part) for part in (system, code) if part)


@dataclass(frozen=True, slots=True)
class Read:
    """One resource by type and id."""

    kind: str
    ident: str

    @classmethod
    def parse(cls, reference: str) -> Read | None:
        """
        The read that a relative reference asks for; None if it is no `Type/id`.

        A version part is dropped: the current version is read.

        >>> Read.parse("Medication/7/_history/2")
        Read(kind='Medication', ident='7')
        >>> Read.parse("#med") is None
        True
        """
        parts = reference.split("/")
        if len(parts) == 4 and parts[2] == "_history":
            parts = parts[:2]
        if len(parts) != 2 or not _TYPE.fullmatch(parts[0]) or not is_id(parts[1]):
            return None
        return cls(parts[0], parts[1])

    @property
    def path(self) -> str:
        """The path below the server's base."""
        return f"{self.kind}/{quote(self.ident, safe=':~')}"


@dataclass(frozen=True, slots=True)
class Search:
    """A search of one resource type; a parameter's value may be a comma list, read as OR."""

    kind: str
    parameters: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Search:
        """
        A search written as `Type?name=value&name=value`, not percent-encoded.

        >>> Search.parse("Observation?patient=1&code=http://loinc.org|84413-4").parameters
        (('patient', '1'), ('code', 'http://loinc.org|84413-4'))
        """
        kind, _, query = text.partition("?")
        pairs = (part.partition("=") for part in query.split("&") if part)
        return cls(kind, tuple((name, value) for name, _, value in pairs))

    @property
    def path(self) -> str:
        """
        Path and query below the server's base.

        >>> Search("Observation", (("code", "http://loinc.org|1,2"),)).path
        'Observation?code=http://loinc.org%7C1,2'
        """
        pairs = (f"{quote(name, safe=':')}={quote(value, safe=':/,')}" for name, value in self.parameters)
        query = "&".join(pairs)
        return f"{self.kind}?{query}" if query else self.kind

    @property
    def form(self) -> str:
        """The parameters as the body of a POST search."""
        return urlencode(self.parameters)

    def with_values(self, values: Mapping[str, str]) -> Search:
        """Replace placeholders such as `{{context.patientId}}` inside the values, after parsing."""
        return replace(self, parameters=tuple((name, _fill(text, values)) for name, text in self.parameters))

    def split(self, chars: int) -> Iterator[Search]:
        """
        Searches whose paths have at most `chars` characters and which together find the same.

        The longest comma list is divided. One item that is too long by itself still makes a search.

        >>> whole = Search("Observation", (("code", "1234,5678,9012"),))
        >>> [part.path for part in whole.split(27)]
        ['Observation?code=1234,5678', 'Observation?code=9012']
        """
        if len(self.path) <= chars or not self.parameters:
            yield self
            return
        place = max(range(len(self.parameters)), key=lambda n: len(self.parameters[n][1]))
        items: list[str] = []
        for item in _TOKEN_END.split(self.parameters[place][1]):
            if items and len(self._with_items(place, [*items, item]).path) > chars:
                yield self._with_items(place, items)
                items = []
            items.append(item)
        yield self._with_items(place, items)

    def _with_items(self, place: int, items: list[str]) -> Search:
        changed = list(self.parameters)
        changed[place] = (changed[place][0], ",".join(items))
        return Search(self.kind, tuple(changed))


def _fill(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace("{{" + name + "}}", value)
    return text
