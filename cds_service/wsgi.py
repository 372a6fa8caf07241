"""Builds everything once and hands it to the web application."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import structlog

from cds_service import __version__, sandbox
from cds_service.audit import RunningAudit
from cds_service.cards.card import CardMaker
from cds_service.cards.wording import Wording, load_wording
from cds_service.core.errors import KnowledgeError
from cds_service.core.knowledge_base import KnowledgeBase
from cds_service.curation.checks.phrases import wanted
from cds_service.curation.compile import compile_knowledge
from cds_service.curation.signoff import only_signed, read_signatures
from cds_service.desks import Desk, Site, Sites, all_callers, build_desks
from cds_service.fhir.backend_tokens import OwnTokens
from cds_service.fhir.cache import AnswerCache
from cds_service.fhir.client import FhirClient
from cds_service.fhir.deadline import Deadline
from cds_service.fhir.profiles import DEFAULT, ServerProfile, profile_named
from cds_service.fhir.search import Search
from cds_service.fhir.transport import Limits, Transport
from cds_service.hooks.answer import Answering
from cds_service.hooks.call_data import HookDataSource, OpenData
from cds_service.hooks.chart import ChartView
from cds_service.hooks.crowd import Crowd
from cds_service.hooks.definitions import SERVICES, ServiceDefinition, discovery
from cds_service.hooks.evaluate import Evaluator, without_view
from cds_service.hooks.feedback import read_feedback
from cds_service.hooks.gather import AT_ONCE, Gatherer
from cds_service.hooks.judges import Judges
from cds_service.hooks.ports import FhirServers, Tally
from cds_service.hooks.repeats import Repeats, ToldBefore
from cds_service.hooks.request import HookRequest
from cds_service.hooks.restraint import Restraint
from cds_service.hooks.site import SiteProfile, check_guidelines
from cds_service.hooks.site_quiet import check_silent_rules
from cds_service.hooks.trail import CallObserver
from cds_service.reporting import Reporting
from cds_service.reports.page import page
from cds_service.resources import fixtures_folder, knowledge_folder
from cds_service.sandbox.drugs import drugs_by_name
from cds_service.settings import Settings, SettingsError
from cds_service.store.alerts import SharedAlertMemory
from cds_service.store.database import Database
from cds_service.store.feedback import FeedbackStore
from cds_service.store.held_back import HeldBackTally
from cds_service.store.used_tokens import UsedTokenStore
from cds_service.trust.callers import Caller
from cds_service.trust.clients import Client, read_clients
from cds_service.trust.fhir_servers import FhirServerAllowList
from cds_service.trust.key_sets import FetchJson
from cds_service.trust.rates import CallRates
from cds_service.trust.strict import ClientsError
from cds_service.trust.tokens import TokenVerifier
from cds_service.views import ViewParts, build_pages, read_apps, view_finder
from cds_service.watch.log import CallLog
from cds_service.watch.metrics import Metrics
from cds_service.watch.spans import spans
from cds_service.watch.tally import WatchedTally
from cds_service.watch.tracer import Tracer
from cds_service.web.app import Application, create_app
from cds_service.web.authentication import authenticator
from cds_service.web.gate import Room

_log = structlog.get_logger("pgx_cds.start")

#: Bounds of one question for an EHR's published keys; a call waits for it.
KEY_SET_SECONDS, KEY_SET_BYTES = 2.0, 200_000
#: Requests to one FHIR server that a process has under way at the same time.
CONNECTIONS = 32


def today() -> date:
    """The day of the call, in UTC."""
    return datetime.now(UTC).date()


@dataclass(frozen=True, slots=True)
class Service:
    """The use cases behind the endpoints."""

    desks: Mapping[Caller, Desk]
    store: FeedbackStore
    metrics: Metrics

    def discovery(self, caller: Caller) -> dict[str, Any]:
        """The discovery document, with what this caller may use."""
        return discovery(self.desks[caller].plan.prefetch_templates, caller.rights.services)

    def evaluate(self, service: ServiceDefinition, body: bytes, caller: Caller) -> dict[str, Any]:
        """The answer to a hook call."""
        return self.desks[caller].answering.answer(service, body, caller.issuer, caller.tenant)

    def feedback(self, service: ServiceDefinition, body: bytes, caller: Caller) -> None:
        """Store what became of the cards, and remember it for a while."""
        entries = read_feedback(service.id, body, caller.issuer, caller.tenant)
        self.store.add(entries)
        self.desks[caller].repeats.answered(entries, caller.issuer, caller.tenant)
        for entry in entries:
            self.metrics.fed_back(entry.service, entry.outcome)


def load_knowledge(settings: Settings, site: SiteProfile) -> KnowledgeBase:
    """Compile the knowledge folder with the site's own test codes."""
    knowledge = compile_knowledge(settings.knowledge or knowledge_folder(), site.local_tests)
    check_guidelines(site, knowledge.source_labels)
    check_silent_rules(site.quiet, knowledge)
    return knowledge


def said_of(knowledge: KnowledgeBase) -> str:
    """Release and hash of the knowledge, as readiness, audit and traces name them."""
    return f"{knowledge.released} {knowledge.content_hash[:12]}"


def load_signed(knowledge: KnowledgeBase, settings: Settings, signoff: Path) -> tuple[KnowledgeBase, str]:
    """
    The part of the knowledge the site has signed, and how much that is, in words.

    Args:
        knowledge: All of it.
        settings: Where it comes from.
        signoff: The site's sign-off file.
    """
    signatures = read_signatures(signoff)
    signed, use = only_signed(knowledge, settings.knowledge or knowledge_folder(), signatures)
    _log.info("signed_only", rules_in_use=use.rules, rules=use.of, outdated_signatures=len(use.outdated))
    return signed, f"signed rules {use.rules} of {use.of}"


def check_words(knowledge: KnowledgeBase, wording: Wording) -> None:
    """
    Refuse knowledge that would need words the language does not have; a call must not find that out.

    Raises:
        KnowledgeError: If so; it names the keys.
    """
    lacking = sorted(wanted(knowledge) - wording.phrases.keys())
    if lacking:
        raise KnowledgeError(
            f"phrases/{wording.language}.json: no words for {', '.join(lacking[:20])}; "
            f"add them, or see 'pgx-cds knowledge check' ({len(lacking)} missing)"
        )


def build_evaluator(
    knowledge: KnowledgeBase,
    site: SiteProfile,
    open_data: OpenData,
    day: Callable[[], date] = today,
    repeats: ToldBefore | None = None,
    tally: Tally | None = None,
    view_for: Callable[[HookRequest], str] = without_view,
) -> Judges:
    """The judges of hook calls; without a memory or a tally nothing is remembered or counted."""
    wording = load_wording(site.language)
    check_words(knowledge, wording)
    cards = CardMaker(wording, site.style, knowledge.released, dict(knowledge.source_labels))
    restraint = Restraint(cards, site.quiet, repeats, tally)
    parts = (knowledge, site.policy, cards, open_data, day, restraint)
    return Judges(Evaluator(*parts, view_for), ChartView(*parts, with_germline=site.germline_findings))


def memory_key(settings: Settings) -> bytes:
    """
    The key under which shown alerts are remembered, for all processes that use the same database.

    Without a key file each start makes a key of its own, which its worker processes share: another machine
    and the next start do not know what was shown before.

    Raises:
        SettingsError: If the key is too short.
    """
    secret = settings.memory_key.read_bytes().strip() if settings.memory_key else secrets.token_bytes(32)
    if len(secret) < 32:
        raise SettingsError("PGX_CDS_MEMORY_KEY names a file with less than 32 bytes")
    return secret


def build_connector(
    settings: Settings,
    servers: FhirServerAllowList,
    is_for_results: Callable[[Search], bool],
    metrics: Metrics,
    profile_of: Callable[[str], ServerProfile],
) -> FhirClient:
    """What asks FHIR servers; only searches for genomic results are ever remembered."""
    life = settings.cache_seconds
    return FhirClient(
        allows=servers.allows,
        connections=CONNECTIONS,
        verify=_authorities(settings),
        cache=AnswerCache(life, is_for_results) if life else None,
        listen=metrics.asked,
        profile_of=profile_of,
    )


def build_own_access(
    settings: Settings, clients: Mapping[str, Client], servers: FhirServerAllowList
) -> OwnTokens:
    """
    Where this service signs in itself, by the EHR that may have it do so.

    Raises:
        ClientsError: If one of these servers is not on the list of those that may be called.
    """
    for client in clients.values():
        if not all(servers.allows(own.server) for own in client.fhir_servers):
            raise ClientsError(
                f"{settings.clients}: a server in fhirServers of {client.issuer} is not on PGX_CDS_FHIR_ALLOW"
            )
    own = {issuer: client.fhir_servers for issuer, client in clients.items()}
    return OwnTokens(own, Limits(), _authorities(settings))


def build_key_reader(settings: Settings) -> FetchJson:
    """What asks for the published key sets of EHRs: in bounded time and size, and without redirects."""
    limits = Limits(page_bytes=KEY_SET_BYTES)

    def fetch(url: str) -> Mapping[str, Any]:
        transport = Transport(limits, 1, _authorities(settings))  # once in an hour: nothing is kept open
        try:
            return transport.get_plain(url, Deadline.after(KEY_SET_SECONDS, time.monotonic), "key set")
        finally:
            transport.close()

    return fetch


def build_verifier(settings: Settings, clients: Mapping[str, Client]) -> TokenVerifier | None:
    """What checks tokens, with the memory of used ones that all processes share; None = no check."""
    if not settings.require_jwt:
        return None
    # Not durable and not patient: a token lives for minutes, and calls wait for this.
    used = UsedTokenStore(Database(settings.store_url, durable=False, wait_seconds=2), time.time)
    return TokenVerifier(clients, time.time, used)


def _authorities(settings: Settings) -> bool | str:
    return str(settings.fhir_ca) if settings.fhir_ca else True


def build_app(
    settings: Settings,
    *,
    demo: bool = False,
    signoff: Path | None = None,
    metrics: Metrics | None = None,
    room: Room = Room(),  # noqa: B008  a value
) -> Application:
    """
    The whole application.

    Args:
        settings: From the environment.
        demo: Add the embedded sandbox, and let the service call it without a token.
        signoff: Answer from what this sign-off file approves alone; None = from all of the knowledge.
        metrics: Where the process counts already; None = from nought.
        room: How many calls a process works on at once.
    """
    metrics = metrics or Metrics()
    folder = settings.knowledge or knowledge_folder()
    knowledge = compile_knowledge(folder)
    content = said_of(knowledge)
    if signoff is not None:
        knowledge, in_use = load_signed(knowledge, settings, signoff)
        content = f"{content}, {in_use}"
    _log.info("knowledge", content=content)
    local = "http://127.0.0.1:*" if demo else ""
    servers = FhirServerAllowList.parse(settings.fhir_allow or local, local)
    if servers.unprotected:
        _log.warning("FHIR servers are called without TLS", servers=servers.unprotected)
    clients = (
        read_clients(settings.clients, services=SERVICES, fetch=build_key_reader(settings))
        if settings.require_jwt
        else {}
    )
    callers = all_callers(clients)
    sites = Sites(settings.site, knowledge, folder)
    used = [sites.of(caller.rights) for caller in callers]
    plans = tuple({id(site.plan): site.plan for site in used}.values())
    unnamed = profile_named(DEFAULT)
    habits = {base: profile for site in used for base, profile in site.profile.servers.items()}
    connector = build_connector(
        settings,
        servers,
        lambda query: any(plan.is_for_results(query) for plan in plans),
        metrics,
        lambda base: habits.get(base, unnamed),
    )
    own_access = build_own_access(settings, clients, servers)
    # One for each request that may be waited for: a slow server must not hold the threads of another.
    pool = ThreadPoolExecutor(room.active * AT_ONCE, thread_name_prefix="fhir")
    crowd = Crowd(max(1, room.active * 3 // 4), time.monotonic)
    audit = RunningAudit.start(settings, content, metrics.unwritten)
    apps = read_apps(settings, servers, demo=demo)
    view_for = view_finder(apps, settings.public_url)

    memory, secret = SharedAlertMemory(settings.store_url, time.time, time.monotonic), memory_key(settings)
    tally = HeldBackTally(settings.store_url, today, time.monotonic)
    watched = WatchedTally(tally, metrics.held_back)

    def desk(site: Site, allowed: FhirServers) -> Desk:
        source = HookDataSource(
            gatherer=Gatherer(site.plan, pool, crowd=crowd),
            connector=connector,
            servers=allowed,
            seconds=settings.deadline_ms / 1000,
            seconds_with_server=settings.deadline_fetch_ms / 1000,
            clock=time.monotonic,
            own_access=own_access,
        )
        repeats = Repeats(memory, secret, site.profile.quiet.repeats)
        judge = build_evaluator(
            site.knowledge, site.profile, source.open, repeats=repeats, tally=watched, view_for=view_for
        )
        observers: list[CallObserver] = [metrics, audit.auditor, CallLog(), *spans()]
        if settings.trace_dir is not None:
            observers.append(Tracer(settings.trace_dir, content, __version__, site.profile.text, today))
        return Desk(Answering(judge, observers, time.perf_counter), site.plan, repeats)

    database = Database(settings.store_url)
    store = FeedbackStore(database)
    authorities = _authorities(settings)
    parts = ViewParts(
        settings, sites, servers, connector, pool, database, folder, authorities, audit.auditor.viewed
    )
    reporting = Reporting(audit.store, store, tally)
    service = Service(build_desks(callers, sites, servers, desk), store, metrics)
    metrics.started(__version__, content)
    if settings.trace_dir is not None:
        _log.warning("traces_are_written", holds="patient data", setting="PGX_CDS_TRACE_DIR")
    verifier = build_verifier(settings, clients)
    app = create_app(
        service,
        authenticate=authenticator(verifier, CallRates(time.monotonic), settings.public_url),
        checks={
            "knowledge": lambda: content,
            "store": store.check,
            "audit": audit.check,
        },
        figures=metrics,
        report=lambda caller, since, until: page(reporting.report(since, until, caller)),
        cors_origins=settings.cors_origins,
        room=room,
        pages=build_pages(apps, knowledge, parts),
    )
    if demo:
        sandbox.register(
            app, fixtures=fixtures_folder(), drug_search=drugs_by_name(knowledge.drug_codes.names)
        )
    return app
