"""The site profile: what a hospital chooses."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cds_service.cards.suggestions import Style
from cds_service.cards.wording import languages
from cds_service.core.codes import TEST_KINDS, TestCode
from cds_service.core.errors import KnowledgeError
from cds_service.core.recommend import Policy

_KEYS = {
    "guidelines",
    "recommendedTests",
    "testsIfAncestryUnknown",
    "suggestionStyle",
    "language",
    "localCodes",
    "description",
}


@dataclass(frozen=True, slots=True)
class SiteProfile:
    """
    Choices of one site.

    Args:
        policy: Guideline preference and which missing tests to show.
        style: How replacement orders are written.
        language: Language of the cards.
        local_tests: The laboratory's own test codes, `(system, code)` -> meaning.
    """

    policy: Policy = field(default_factory=Policy)
    style: Style = Style.REPLACE
    language: str = "en"
    local_tests: Mapping[tuple[str, str], TestCode] = field(default_factory=dict)

    @property
    def local_codes(self) -> tuple[tuple[str, str], ...]:
        """`(system, code)` of the laboratory's own tests."""
        return tuple(self.local_tests)


def read_site(path: Path | None) -> SiteProfile:
    """
    Read a site profile; the built-in one if there is no file.

    Raises:
        KnowledgeError: If the file is malformed or names something unknown.
    """
    if path is None:
        return SiteProfile()
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise KnowledgeError(f"{path}: not readable as JSON ({error})") from None
    if not isinstance(value, dict):
        raise KnowledgeError(f"{path}: must hold one JSON object")
    unknown = sorted(set(value) - _KEYS)
    if unknown:
        raise KnowledgeError(f"{path}: unknown key {', '.join(unknown)}; allowed: {', '.join(sorted(_KEYS))}")
    return SiteProfile(
        policy=Policy(
            sources=tuple(value.get("guidelines", Policy().sources)),
            recommended_tests=bool(value.get("recommendedTests", True)),
            tests_if_unknown=bool(value.get("testsIfAncestryUnknown", False)),
        ),
        style=_style(value, path),
        language=_language(value, path),
        local_tests={key: test for item in value.get("localCodes", ()) for key, test in [_local(item, path)]},
    )


def _style(value: Mapping[str, Any], path: Path) -> Style:
    try:
        return Style(value.get("suggestionStyle", Style.REPLACE.value))
    except ValueError:
        known = ", ".join(style.value for style in Style)
        raise KnowledgeError(f"{path}: suggestionStyle must be one of {known}") from None


def _language(value: Mapping[str, Any], path: Path) -> str:
    language = value.get("language", "en")
    known = languages()
    if language not in known:
        raise KnowledgeError(f"{path}: language must be one of {', '.join(known)}, not {language!r}")
    return str(language)


def _local(item: Any, path: Path) -> tuple[tuple[str, str], TestCode]:
    try:
        genes = tuple(item["genes"])
        key, kind, allele = (item["system"], item["code"]), item["kind"], item.get("allele", "")
    except (KeyError, TypeError):
        raise KnowledgeError(f"{path}: each of localCodes needs system, code, kind and genes") from None
    if kind not in TEST_KINDS:
        known = ", ".join(sorted(TEST_KINDS))
        raise KnowledgeError(f"{path}: local code {key[1]}: the kind must be one of {known}, not {kind!r}")
    return key, TestCode(kind, genes, allele)


def check_guidelines(site: SiteProfile, known: Collection[str]) -> None:
    """
    Refuse a profile that follows a source the knowledge does not have.

    A misspelt source would not be asked at all, and with it everything only that source says would be silent.

    Args:
        site: The profile.
        known: Ids of the sources of the knowledge.

    Raises:
        KnowledgeError: If one is unknown, twice there, or there is none.
    """
    asked = site.policy.sources
    unknown = [source for source in asked if source not in known]
    if unknown:
        raise KnowledgeError(
            f"site profile: guidelines names {', '.join(unknown)}, which the knowledge does not have; "
            f"it has {', '.join(sorted(known))}"
        )
    if not asked or len(set(asked)) != len(asked):
        raise KnowledgeError("site profile: guidelines must name at least one source, and each only once")
