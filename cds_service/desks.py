"""One desk for each caller: its site's choices, its part of the services, the FHIR servers it may name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cds_service.core.errors import KnowledgeError
from cds_service.core.knowledge_base import KnowledgeBase
from cds_service.curation.compile import with_site_tests
from cds_service.hooks.answer import Answering
from cds_service.hooks.data_needs import DataPlan
from cds_service.hooks.ports import FhirServers
from cds_service.hooks.repeats import Repeats
from cds_service.hooks.site import SiteProfile, check_guidelines, read_site
from cds_service.hooks.site_quiet import check_silent_rules
from cds_service.trust.callers import ANYONE, Caller, Rights
from cds_service.trust.clients import Client
from cds_service.trust.fhir_servers import CommonServers, FhirServerAllowList


@dataclass(frozen=True, slots=True)
class Site:
    """
    One site profile with what follows from it; callers with the same profile share it.

    Args:
        profile: The choices.
        knowledge: All of the knowledge, with the site's own test codes.
        plan: What is asked for, in prefetch templates and searches.
    """

    profile: SiteProfile
    knowledge: KnowledgeBase
    plan: DataPlan

    @classmethod
    def of(cls, path: Path | None, knowledge: KnowledgeBase, folder: Path) -> Site:
        """
        Read a profile.

        Args:
            path: Its file; None = the built-in one.
            knowledge: Without any site's codes.
            folder: Where the knowledge was read from.

        Raises:
            KnowledgeError: If the profile is malformed, or names what the knowledge does not have.
        """
        profile = read_site(path)
        try:
            check_guidelines(profile, knowledge.source_labels)
            check_silent_rules(profile.quiet, knowledge)
        except KnowledgeError as error:
            raise KnowledgeError(f"{path or 'built-in profile'}: {error}") from None
        known = with_site_tests(knowledge, folder, profile.local_tests)
        return cls(profile, known, DataPlan.of(known.codes, profile, known.measures.used_codes))


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the calls of one caller are answered."""

    answering: Answering
    plan: DataPlan
    repeats: Repeats


class Sites:
    """The site profiles of all callers, each read once."""

    def __init__(self, default: Path | None, knowledge: KnowledgeBase, folder: Path) -> None:
        self._default = default
        self._knowledge = knowledge
        self._folder = folder
        self._sites: dict[Path | None, Site] = {}

    def of(self, rights: Rights) -> Site:
        """The site of a caller; the profile of the whole service where it has none of its own."""
        path = rights.site or self._default
        if path not in self._sites:
            self._sites[path] = Site.of(path, self._knowledge, self._folder)
        return self._sites[path]


def all_callers(clients: Mapping[str, Client]) -> tuple[Caller, ...]:
    """Whoever may call: each client, or each tenant of it; anyone where there are no clients."""
    listed = [
        Caller(client.issuer, tenant, rights)
        for client in clients.values()
        for tenant, rights in client.all_rights.items()
    ]
    return (ANYONE, *listed)


def build_desks(
    callers: tuple[Caller, ...],
    sites: Sites,
    servers: FhirServerAllowList,
    desk: Callable[[Site, FhirServers], Desk],
) -> Mapping[Caller, Desk]:
    """
    A desk for each caller; callers with the same rights share one.

    Args:
        callers: Whoever may call.
        sites: Their site profiles.
        servers: The FHIR servers that may be called at all.
        desk: Makes the desk for a site and the servers a caller may name.
    """
    shared: dict[tuple[Path | None, FhirServerAllowList | None], Desk] = {}
    for rights in (caller.rights for caller in callers):
        key = rights.site, rights.fhir_servers
        if key not in shared:
            site = sites.of(rights)
            named = (servers, rights.fhir_servers) if rights.fhir_servers is not None else (servers,)
            shared[key] = desk(site, CommonServers(named))
    return {caller: shared[caller.rights.site, caller.rights.fhir_servers] for caller in callers}
