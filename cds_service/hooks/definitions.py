"""The services this process offers, as discovery shows them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from cds_service.hooks.call_options import offered_options
from cds_service.hooks.data_needs import FOR_CHART, FOR_ORDERS, DataNeed


@dataclass(frozen=True, slots=True)
class ServiceDefinition:
    """One CDS service: one hook, one id."""

    id: str
    hook: str
    title: str
    description: str
    needs: tuple[DataNeed, ...] = FOR_ORDERS


SERVICES: Mapping[str, ServiceDefinition] = {
    service.id: service
    for service in (
        ServiceDefinition(
            "pgx-order-select",
            "order-select",
            "Pharmacogenomic advice when a drug is picked",
            "Reads the patient's pharmacogenomic results and answers with at most one card for each drug "
            "of the selected orders: what to change, why, and a replacement order that fits this patient. "
            "Silent if nothing has to change.",
        ),
        ServiceDefinition(
            "pgx-order-sign",
            "order-sign",
            "Pharmacogenomic check before orders are signed",
            "The same check for all draft orders just before they are signed.",
        ),
        ServiceDefinition(
            "pgx-patient-view",
            "patient-view",
            "Pharmacogenomic results that matter for what is taken",
            "When a chart is opened: one quiet card if results on file ask for a change of what the patient "
            "takes, or if an inherited finding is not on the problem list; otherwise none.",
            FOR_CHART,
        ),
    )
}

#: The version of CDS Hooks that is spoken. Versions of the hooks are left out: their publications disagree.
SPECIFICATION = "2.0.1"

USAGE = (
    "Works from prefetched data alone. With fhirServer and fhirAuthorization it fetches what the prefetch "
    "lacks, if the server is on the allow-list of this service."
)


def discovery(
    prefetch: Callable[[Collection[DataNeed]], Mapping[str, str]], services: Collection[str] | None = None
) -> dict[str, Any]:
    """
    The discovery document.

    Args:
        prefetch: Needs -> templates by key.
        services: Ids of the services that this client may call; None = all.
    """
    return {
        "services": [
            {
                "hook": service.hook,
                "title": service.title,
                "description": service.description,
                "id": service.id,
                "version": SPECIFICATION,
                "usageRequirements": USAGE,
                "extension": {"davinci-crd.configuration-options": offered_options(service.hook)},
                **({"prefetch": dict(templates)} if (templates := prefetch(service.needs)) else {}),
            }
            for service in SERVICES.values()
            if services is None or service.id in services
        ]
    }
