"""Puts the detail view together: who may open it, its pages, and the links to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cds_service import sandbox
from cds_service.core.knowledge_base import KnowledgeBase
from cds_service.curation.frequencies import Frequency, load_frequencies
from cds_service.desks import Site, Sites
from cds_service.fhir.smart_server import SmartServers
from cds_service.hooks.call_data import HookDataSource
from cds_service.hooks.gather import Gatherer
from cds_service.hooks.ports import FhirConnector
from cds_service.hooks.request import HookRequest
from cds_service.overview.build import OverviewMaker
from cds_service.overview.words import load_words
from cds_service.settings import Settings
from cds_service.smart.launch import Launcher
from cds_service.smart.view import SessionView, Viewed
from cds_service.store.database import Database
from cds_service.store.sessions import SealedSessions
from cds_service.trust.callers import Rights
from cds_service.trust.fhir_servers import FhirServerAllowList
from cds_service.trust.smart_clients import SmartClient, SmartClients, read_smart_clients
from cds_service.trust.strict import ClientsError
from cds_service.web.smart import Browser, Pages, smart_blueprint

#: A person waits for the view; no order is held up by it.
VIEW_SECONDS = 15.0


def read_apps(settings: Settings, servers: FhirServerAllowList, *, demo: bool) -> SmartClients:
    """
    The EHRs that may open the view; in the demo its own FHIR endpoint.

    Raises:
        ClientsError: If one of these servers is not on the list of those that may be called, or our own
            address is not known.
    """
    if settings.smart is None:
        own = SmartClient(f"{settings.public_url}/fhir", sandbox.CLIENT_ID)
        return SmartClients((own,) if demo and settings.public_url else ())
    apps = read_smart_clients(settings.smart)
    if settings.public_url is None:
        raise ClientsError(f"{settings.smart}: set PGX_CDS_PUBLIC_URL, too; EHRs send browsers there")
    for app in apps.clients:
        if not servers.allows(app.server):
            raise ClientsError(f"{settings.smart}: {app.server} is not on PGX_CDS_FHIR_ALLOW")
    return apps


def view_finder(apps: SmartClients, public_url: str | None) -> Callable[[HookRequest], str]:
    """Says where a caller can launch the view: nowhere unless its FHIR server is one of the listed."""

    def find(request: HookRequest) -> str:
        known = request.fhir_server is not None and apps.find(request.fhir_server) is not None
        return f"{public_url}/smart/launch" if known else ""

    return find


@dataclass(frozen=True, slots=True)
class ViewParts:
    """
    What the view shares with the services.

    Args:
        settings: From the environment.
        sites: Site profiles.
        servers: FHIR servers that may be called.
        connector: Asks them.
        pool: Threads that fetch.
        database: Where sessions are kept.
        folder: The knowledge folder.
        authorities: Check of server certificates.
        viewed: Is told of each page.
    """

    settings: Settings
    sites: Sites
    servers: FhirServerAllowList
    connector: FhirConnector
    pool: Executor
    database: Database
    folder: Path
    authorities: bool | str
    viewed: Viewed


def build_pages(apps: SmartClients, knowledge: KnowledgeBase, parts: ViewParts) -> Pages | None:
    """The pages of the view; None where no EHR may open it."""
    if not apps.clients:
        return None
    shares = load_frequencies(parts.folder, knowledge.genes).alleles
    makers: Mapping[str, OverviewMaker] = {
        app.server: _maker(parts.sites.of(Rights(site=app.site)), shares, parts) for app in apps.clients
    }
    sessions = SealedSessions(parts.database)
    return smart_blueprint(
        Launcher(apps, SmartServers(parts.authorities), sessions, time.time),
        SessionView(makers, parts.viewed, time.perf_counter),
        Browser(parts.settings.public_url, apps.frame_ancestors),
        servers=tuple(app.server for app in apps.clients),
    )


def _maker(site: Site, shares: tuple[Frequency, ...], parts: ViewParts) -> OverviewMaker:
    source = HookDataSource(
        gatherer=Gatherer(site.plan, parts.pool),
        connector=parts.connector,
        servers=parts.servers,
        seconds=VIEW_SECONDS,
        seconds_with_server=VIEW_SECONDS,
        clock=time.monotonic,
    )
    return OverviewMaker(
        knowledge=site.knowledge,
        policy=site.profile.policy,
        wording=load_words(site.profile.language),
        open_data=source.open,
        shares=shares,
        now=lambda: datetime.now(UTC),
    )
