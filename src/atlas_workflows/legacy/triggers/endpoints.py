"""An endpoint that two organizations name belongs to one of them; a trigger of the other receives nothing by it."""

from dataclasses import replace

from atlas_workflows.graph.model import Trigger
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.legacy.records import Tenancy, TriggerLink


def with_own_endpoints(
    triggers: list[Trigger],
    links: list[TriggerLink],
    organization: str,
    tenancy: Tenancy | None,
    findings: Findings,
) -> tuple[list[Trigger], list[TriggerLink]]:
    """Triggers and links without the endpoints that are another organization's; those are kept in `extra`."""
    if tenancy is None or not tenancy.endpoints:
        return triggers, links
    own, routed = [], []
    for trigger, link in zip(triggers, links, strict=True):
        endpoint = trigger.parameters.get("endpoint_id")
        owner = tenancy.endpoints.get(endpoint) if isinstance(endpoint, str) else None
        if owner is not None and owner != organization:
            trigger, link = _without_endpoint(trigger), replace(link, webhook_endpoint=None)
            findings.reason(
                ReasonCode.WEBHOOK_ENDPOINT_FOREIGN, f"triggers.{trigger.id}.endpoint_id",
                "Another organization has this endpoint; what arrives there is not for this workflow.",
            )  # fmt: skip
            findings.keep_inactive()
        own.append(trigger)
        routed.append(link)
    return own, routed


def _without_endpoint(trigger: Trigger) -> Trigger:
    parameters = dict(trigger.parameters)
    extra = {**parameters.get("extra", {}), "foreign_endpoint": parameters.pop("endpoint_id")}
    return replace(trigger, parameters={**parameters, "extra": extra})
