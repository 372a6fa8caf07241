"""What a site may choose, and that a slip in the file ends the start instead of silencing a source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cds_service.core.errors import KnowledgeError
from cds_service.core.urgency import Urgency
from cds_service.hooks.repeats import Filter, RepeatChoices
from cds_service.hooks.restraint import QuietChoices
from cds_service.hooks.site import SiteProfile, check_guidelines, read_site
from cds_service.settings import read_settings
from cds_service.wsgi import load_knowledge
from tests.builders import knowledge

LOCAL = {"system": "urn:oid:1.2.3", "code": "C19", "kind": "genotype", "genes": ["CYP2C19"]}


def profile(folder: Path, **value: Any) -> SiteProfile:
    path = folder / "site.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    return read_site(path)


def test_the_built_in_profile_follows_every_source_of_the_knowledge() -> None:
    site = SiteProfile()
    check_guidelines(site, knowledge().source_labels)
    assert set(site.policy.sources) == set(knowledge().source_labels)


def test_a_misspelt_source_ends_the_start_and_names_the_known_ones(tmp_path: Path) -> None:
    site = profile(tmp_path, guidelines=["cpic", "dwpg", "fda"])
    with pytest.raises(KnowledgeError, match=r"dwpg, which the knowledge does not have; it has .*dpwg"):
        load_knowledge(read_settings({}, require_jwt=False), site)


@pytest.mark.parametrize("sources", [[], ["cpic", "cpic"]], ids=["none", "twice"])
def test_no_source_and_one_named_twice_are_refused(tmp_path: Path, sources: list[str]) -> None:
    with pytest.raises(KnowledgeError, match="at least one source, and each only once"):
        check_guidelines(profile(tmp_path, guidelines=sources), knowledge().source_labels)


def test_a_local_code_is_read(tmp_path: Path) -> None:
    assert profile(tmp_path, localCodes=[LOCAL]).local_codes == (("urn:oid:1.2.3", "C19"),)


def test_a_local_code_of_an_unknown_kind_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="local code C19: the kind must be one of .*genotype"):
        profile(tmp_path, localCodes=[{**LOCAL, "kind": "genotyp"}])


@pytest.mark.parametrize("missing", ["system", "code", "kind", "genes"])
def test_a_local_code_without_a_part_is_refused(tmp_path: Path, missing: str) -> None:
    item = {key: value for key, value in LOCAL.items() if key != missing}
    with pytest.raises(KnowledgeError, match="each of localCodes needs system, code, kind and genes"):
        profile(tmp_path, localCodes=[item])


def test_an_unknown_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="unknown key guideline; allowed"):
        profile(tmp_path, guideline=["cpic"])


def test_what_is_held_back_is_read(tmp_path: Path) -> None:
    site = profile(
        tmp_path,
        silentRules=["a", "b"],
        severityFloor="warning",
        mostCards=3,
        repeatedAlerts={"filter": "always", "shownIsEnough": "none", "minutes": 5},
    )
    assert site.quiet == QuietChoices(
        frozenset({"a", "b"}), Urgency.WARNING, 3, RepeatChoices(Filter.ALWAYS, None, 5)
    )


def test_without_a_choice_every_card_is_shown_and_repeats_are_filtered_where_asked_for(
    tmp_path: Path,
) -> None:
    assert profile(tmp_path).quiet == QuietChoices(
        frozenset(), Urgency.INFO, None, RepeatChoices(Filter.ASKED, Urgency.INFO, 60)
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"silentRules": "clopidogrel"}, "silentRules must be a list of texts, not 'clopidogrel'"),
        ({"severityFloor": "loud"}, "severityFloor must be one of info, warning, critical, not 'loud'"),
        ({"mostCards": 0}, "mostCards must be a whole number from 1 to 50, not 0"),
        ({"mostCards": True}, "mostCards must be a whole number from 1 to 50, not True"),
        ({"repeatedAlerts": []}, "repeatedAlerts must be an object"),
        ({"repeatedAlerts": {"filtr": "always"}}, "repeatedAlerts: unknown key filtr; allowed: filter, "),
        ({"repeatedAlerts": {"filter": "maybe"}}, "filter must be one of asked, always, never, not 'maybe'"),
        ({"repeatedAlerts": {"minutes": 0}}, "minutes must be a whole number from 1 to 1440, not 0"),
        ({"repeatedAlerts": {"shownIsEnough": 1}}, "shownIsEnough must be one of none, info, warning, cri"),
        ({"recommendedTests": "false"}, "recommendedTests must be true or false, not 'false'"),
        ({"guidelines": "cpic"}, "guidelines must be a list of texts, not 'cpic'"),
        ({"suggestionStyle": "both"}, "suggestionStyle must be one of replace, update, separate, not 'both'"),
        ({"localCodes": {}}, "localCodes must be a list of objects"),
        ({"localCodes": [{**LOCAL, "genes": "CYP2C19"}]}, "local code 'C19': .* genes a list of texts"),
    ],
    ids=lambda value: str(value)[:50] if isinstance(value, dict) else "",
)
def test_a_value_that_cannot_be_used_is_named_with_what_it_should_be(
    tmp_path: Path, value: dict[str, Any], message: str
) -> None:
    with pytest.raises(KnowledgeError, match=message):
        profile(tmp_path, **value)


def test_a_silent_rule_that_the_knowledge_does_not_have_ends_the_start(tmp_path: Path) -> None:
    site = profile(tmp_path, silentRules=["clopidogrel-cpic-acs-pci-cyp2c19-pore"])
    with pytest.raises(KnowledgeError, match="clopidogrel-cpic-acs-pci-cyp2c19-pore.*knowledge show DRUG"):
        load_knowledge(read_settings({}, require_jwt=False), site)


def test_the_formulary_of_a_site_is_read(tmp_path: Path) -> None:
    site = profile(tmp_path, formulary={"preferred": ["Ticagrelor"], "notStocked": ["613391"]})
    formulary = site.policy.formulary
    assert (formulary.preferred, formulary.not_stocked) == (("ticagrelor",), frozenset({"613391"}))


@pytest.mark.parametrize("value", [[], {"first": []}, {"preferred": "x"}, {"notStocked": [1]}])
def test_a_malformed_formulary_is_refused(tmp_path: Path, value: Any) -> None:
    with pytest.raises(KnowledgeError, match="formulary|preferred"):
        profile(tmp_path, formulary=value)
