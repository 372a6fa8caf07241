"""
Checks resources against the published snapshots of the Genomics Reporting guide.

Driven by the StructureDefinitions and ValueSets of the npm package: cardinalities, fixed values and patterns,
slices told apart by a value or an address, allowed types, and codes of value sets that list their codes. Not
checked: slices told apart by the profile of what they refer to, invariants, and codes of value sets that are
not in the package.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

Json = Mapping[str, Any]

_CHOICE = "[x]"
#: LOINC answer lists that bindings name; they are not in the package. Of the last one: what its examples use.
_ANSWER_LISTS = {
    "LL1971-2": {"LA9633-4", "LA9634-2", "LA18198-4", "LA11884-6"},
    "LL381-5": {"LA6703-8", "LA6704-6", "LA6705-3", "LA6706-1", "LA6707-9"},
    "LL378-1": {
        *("LA6683-2", "LA6684-0", "LA10429-1", "LA18194-3", "LA18195-0", "LA18196-8", "LA18197-6"),
        "LA26807-0",
    },
    "LL1040-6": {"LA14032-9", "LA14029-5", "LA14030-3", "LA14031-1", "LA26806-2"},
    "LL5323-2": {"LA30100-4", "LA30101-2", "LA30102-0"},
    "LL4049-4": {"LA26421-0", "LA26422-8", "LA26423-6"},
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as the guide has it."""

    path: str
    problem: str

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"


class _Found(NamedTuple):
    """A value and the name it stands under."""

    key: str
    value: Any


class Guide:
    """The guide's package, unpacked in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._definitions: dict[str, _Definition] = {}

    def check(self, resource: Json) -> list[Finding]:
        """What is wrong with a resource, by each profile of the guide it claims."""
        claimed = resource.get("meta", {}).get("profile", [])
        return [found for url in claimed for found in self.check_as(resource, url)]

    def check_as(self, resource: Json, url: str) -> list[Finding]:
        """What is wrong with a resource by one profile, claimed or not."""
        definition = self.definition(url)
        if definition is None:
            return [Finding(resource["resourceType"], f"the guide has no profile {url}")]
        if definition.kind != resource["resourceType"]:
            return [Finding(resource["resourceType"], f"the profile is for {definition.kind}")]
        return list(_Check(self, definition).element(resource, definition.kind, resource["resourceType"]))

    def definition(self, url: str) -> _Definition | None:
        name = url.rpartition("/")[2].partition("|")[0]
        if name not in self._definitions:
            path = self._folder / f"StructureDefinition-{name}.json"
            if not path.is_file():
                return None
            self._definitions[name] = _Definition(json.loads(path.read_text("utf8")))
        return self._definitions[name]

    def codes(self, value_set: str) -> Mapping[str, set[str] | None] | None:
        """System -> codes (None: all of the system) of a value set; None if it is not known what is in it."""
        name = value_set.rpartition("/")[2].partition("|")[0]
        if name in _ANSWER_LISTS:
            return {"http://loinc.org": _ANSWER_LISTS[name]}
        path = self._folder / f"ValueSet-{name}.json"
        if not path.is_file():
            return None
        found: dict[str, set[str] | None] = {}
        for part in json.loads(path.read_text("utf8")).get("compose", {}).get("include", []):
            if "filter" in part or "system" not in part:
                return None
            listed = {concept["code"] for concept in part.get("concept", [])}
            found[part["system"]] = listed or None
        return found


class _Definition:
    """A snapshot: its elements by id, and the elements and slices right below each."""

    def __init__(self, document: Json) -> None:
        self.kind: str = document["type"]
        self.elements: dict[str, Json] = {e["id"]: e for e in document["snapshot"]["element"]}

    @cached_property
    def children(self) -> Mapping[str, list[Json]]:
        found: dict[str, list[Json]] = {}
        for ident, element in self.elements.items():
            parent, _, last = ident.rpartition(".")
            if parent and ":" not in last:
                found.setdefault(parent, []).append(element)
        return found

    @cached_property
    def slices(self) -> Mapping[str, list[Json]]:
        found: dict[str, list[Json]] = {}
        for ident, element in self.elements.items():
            whole, _, name = ident.rpartition(":")
            if whole and "." not in name and "/" not in name:
                found.setdefault(whole, []).append(element)
        return found


class _Check:
    def __init__(self, guide: Guide, definition: _Definition) -> None:
        self._guide = guide
        self._definition = definition

    def element(self, value: Json, ident: str, path: str) -> Iterator[Finding]:
        """Everything below one object."""
        for child in self._definition.children.get(ident, ()):
            name = child["id"].rpartition(".")[2]
            found = _values(value, name)
            if name.endswith(_CHOICE):
                yield from self._types(value, child, name, path)
            yield from self._occurrences(found, child, f"{path}.{name}")

    def _occurrences(self, values: list[_Found], element: Json, path: str) -> Iterator[Finding]:
        yield from _count(len(values), element, path)
        for each in self._definition.slices.get(element["id"], ()):
            if _can_tell(element):
                matching = [found.value for found in values if self._is_of(found, element, each)]
                yield from _count(len(matching), each, f"{path}:{each['sliceName']}")
                for value in matching:
                    yield from self._one(value, each, f"{path}:{each['sliceName']}")
        for found in values:
            yield from self._one(found.value, element, path)

    def _one(self, value: Any, element: Json, path: str) -> Iterator[Finding]:
        for key, wanted in element.items():
            if key.startswith("fixed") and value != wanted:
                yield Finding(path, f"is {value!r}, must be {wanted!r}")
            if key.startswith("pattern") and not _contains(value, wanted):
                yield Finding(path, f"does not hold {json.dumps(wanted)}")
        yield from self._binding(value, element.get("binding", {}), path)
        if isinstance(value, dict):
            yield from self.element(value, element["id"], path)
            for url in _profiles(element):
                definition = self._guide.definition(url)
                if definition is not None and definition.kind == "Extension":
                    yield from _Check(self._guide, definition).element(value, definition.kind, path)

    def _binding(self, value: Any, binding: Json, path: str) -> Iterator[Finding]:
        """A required code must be of the set; an extensible one too, if it is of a system of the set."""
        strength, known = binding.get("strength"), self._guide.codes(binding.get("valueSet", ""))
        if strength not in ("required", "extensible") or known is None or not isinstance(value, dict):
            return
        codings = [(coding.get("system", ""), coding.get("code", "")) for coding in value.get("coding", [])]
        good = [code for system, code in codings if system in known and _lists(known[system], code)]
        strict = strength == "required" or any(system in known for system, _ in codings)
        if strict and not good:
            yield Finding(path, f"{codings} is not in {binding['valueSet']}")

    def _types(self, value: Json, element: Json, name: str, path: str) -> Iterator[Finding]:
        stem = name.removesuffix(_CHOICE)
        allowed = {f"{stem}{kind['code'][:1].upper()}{kind['code'][1:]}" for kind in element.get("type", [])}
        for key in value:
            if re.fullmatch(rf"{stem}[A-Z]\w*", key) and key not in allowed:
                yield Finding(f"{path}.{key}", "is of a type the profile does not allow")

    def _is_of(self, found: _Found, element: Json, part: Json) -> bool:
        value = found.value
        if part["path"].endswith("xtension"):
            inner = self._definition.elements.get(f"{part['id']}.url", {}).get("fixedUri")
            return isinstance(value, dict) and value.get("url") in [*_profiles(part), inner]
        told_by = element["slicing"]["discriminator"]
        if any(each["type"] == "type" for each in told_by):
            return bool(found.key == part["sliceName"])
        return all(self._has_pattern(value, f"{part['id']}.{each['path']}", each["path"]) for each in told_by)

    def _has_pattern(self, value: Any, ident: str, path: str) -> bool:
        element = self._definition.elements.get(ident, {})
        wanted = [each for key, each in element.items() if key.startswith(("fixed", "pattern"))]
        inner = _values(value, path) if isinstance(value, dict) else []
        return bool(wanted) and any(_contains(found.value, wanted[0]) for found in inner)


def _can_tell(element: Json) -> bool:
    """Whether slices can be told apart here: not if only what a reference points at tells it."""
    return all(each["type"] != "profile" for each in element.get("slicing", {}).get("discriminator", []))


def _profiles(element: Json) -> list[str]:
    return [url for kind in element.get("type", []) for url in kind.get("profile", [])]


def _lists(listed: set[str] | None, code: str) -> bool:
    return listed is None or code in listed


def _values(holder: Json, name: str) -> list[_Found]:
    """The values of an element, whichever type a choice has."""
    stem = re.escape(name.removesuffix(_CHOICE))
    pattern = re.compile(rf"{stem}[A-Z]\w*" if name.endswith(_CHOICE) else stem)
    return [
        _Found(key, each)
        for key, value in holder.items()
        if pattern.fullmatch(key)
        for each in (value if isinstance(value, list) else [value])
    ]


def _contains(value: Any, wanted: Any) -> bool:
    """Whether a value holds a pattern: all that the pattern names, and anything else besides."""
    if isinstance(wanted, dict):
        return isinstance(value, dict) and all(
            _contains(value.get(key), each) for key, each in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(value, list) and all(any(_contains(v, each) for v in value) for each in wanted)
    return bool(value == wanted)


def _count(number: int, element: Json, path: str) -> Iterator[Finding]:
    least, most = element.get("min", 0), element.get("max", "*")
    if number < least:
        yield Finding(path, f"is there {number} times, must be at least {least}")
    if most != "*" and number > int(most):
        yield Finding(path, f"is there {number} times, may be at most {most}")
