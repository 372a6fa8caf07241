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
from cds_service.core.formulary import Formulary
from cds_service.core.recommend import Policy
from cds_service.fhir.profiles import ServerProfile, profile_named
from cds_service.hooks.restraint import QuietChoices
from cds_service.hooks.site_quiet import KEYS as QUIET_KEYS
from cds_service.hooks.site_quiet import read_quiet
from cds_service.hooks.site_values import Values

_KEYS = frozenset(
    {
        "guidelines",
        "recommendedTests",
        "testsIfAncestryUnknown",
        "suggestionStyle",
        "language",
        "localCodes",
        "formulary",
        "fhirServers",
        "germlineFindings",
        "description",
    }
)


@dataclass(frozen=True, slots=True)
class SiteProfile:
    """
    Choices of one site.

    Args:
        policy: Guideline preference and which missing tests to show.
        style: How replacement orders are written.
        language: Language of the cards.
        local_tests: The laboratory's own test codes, `(system, code)` -> meaning.
        quiet: Which cards are held back.
        text: The file as it stands; empty if there is none.
        servers: Base URL of a FHIR server -> how it wants to be asked.
        germline_findings: Tell inherited findings that matter without a drug when a chart is opened.
    """

    policy: Policy = field(default_factory=Policy)
    style: Style = Style.REPLACE
    language: str = "en"
    local_tests: Mapping[tuple[str, str], TestCode] = field(default_factory=dict)
    quiet: QuietChoices = field(default_factory=QuietChoices)
    text: str = field(default="", repr=False)
    servers: Mapping[str, ServerProfile] = field(default_factory=dict)
    germline_findings: bool = True

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
        text = path.read_text(encoding="utf-8")
        value = json.loads(text)
    except (OSError, ValueError) as error:
        raise KnowledgeError(f"{path}: not readable as JSON ({error})") from None
    if not isinstance(value, dict):
        raise KnowledgeError(f"{path}: must hold one JSON object")
    values = Values(value, str(path))
    values.only(_KEYS | QUIET_KEYS)
    return SiteProfile(
        policy=Policy(
            sources=values.texts("guidelines", Policy().sources),
            recommended_tests=values.switch("recommendedTests", True),
            tests_if_unknown=values.switch("testsIfAncestryUnknown", False),
            formulary=_formulary(value.get("formulary", {}), path),
        ),
        style=values.choice("suggestionStyle", Style.REPLACE),
        language=_language(value, path),
        local_tests=_local_tests(value, path),
        quiet=read_quiet(values),
        text=text,
        servers=_servers(value, path),
        germline_findings=values.switch("germlineFindings", True),
    )


def _language(value: Mapping[str, Any], path: Path) -> str:
    language = value.get("language", "en")
    known = languages()
    if language not in known:
        raise KnowledgeError(f"{path}: language must be one of {', '.join(known)}, not {language!r}")
    return str(language)


def _local_tests(value: Mapping[str, Any], path: Path) -> dict[tuple[str, str], TestCode]:
    listed = value.get("localCodes", [])
    if not isinstance(listed, list):
        raise KnowledgeError(f"{path}: localCodes must be a list of objects")
    return dict(_local(item, path) for item in listed)


def _formulary(value: Any, path: Path) -> Formulary:
    """Lists of names or RxNorm codes: what comes first, and what the site does not have."""
    known = {"preferred", "notStocked"}
    if not isinstance(value, dict) or set(value) - known:
        raise KnowledgeError(f"{path}: formulary must be an object with {' and '.join(sorted(known))}")
    lists = [value.get(key, []) for key in ("preferred", "notStocked")]
    if not all(isinstance(one, list) and all(isinstance(name, str) for name in one) for one in lists):
        raise KnowledgeError(f"{path}: preferred and notStocked must be lists of names or RxNorm codes")
    return Formulary(tuple(name.lower() for name in lists[0]), frozenset(name.lower() for name in lists[1]))


def _servers(value: Mapping[str, Any], path: Path) -> dict[str, ServerProfile]:
    named = value.get("fhirServers", {})
    if not isinstance(named, dict) or not all(isinstance(name, str) for name in named.values()):
        raise KnowledgeError(f"{path}: fhirServers must map base URLs to names of server profiles")
    return {base.rstrip("/"): profile_named(name) for base, name in named.items()}


def _local(item: Any, path: Path) -> tuple[tuple[str, str], TestCode]:
    try:
        genes = tuple(item["genes"])
        key, kind, allele = (item["system"], item["code"]), item["kind"], item.get("allele", "")
    except (KeyError, TypeError):
        raise KnowledgeError(f"{path}: each of localCodes needs system, code, kind and genes") from None
    texts = (*key, allele, *genes)
    if not isinstance(item["genes"], list) or not all(isinstance(text, str) for text in texts):
        raise KnowledgeError(
            f"{path}: local code {key[1]!r}: system, code and allele must be texts, and genes a list of texts"
        )
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
