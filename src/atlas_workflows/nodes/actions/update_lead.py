"""Changes fields of the subject's lead record."""

from collections.abc import Iterable
from collections.abc import Mapping as Object
from typing import Any

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect, Fault
from atlas_workflows.nodes.faults import missing
from atlas_workflows.nodes.fields import Mapping
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters
from atlas_workflows.nodes.perform import perform_with


class UpdateLeadParameters(ActionParameters):
    fields: Mapping = Field(description="Field name to new value; texts may be templates.")


def review(parameters: UpdateLeadParameters) -> Iterable[Fault]:
    if not parameters.fields:
        yield missing("MISSING_FIELDS", "fields", "The fields to change")


def changes(content: Object[str, Any], contact: Object[str, Any]) -> Object[str, Any]:  # noqa: ARG001
    return dict(content["fields"])


NODE = NodeType(
    name="update_lead",
    title="Update lead",
    category="crm",
    documentation="Changes fields of the subject's lead record.",
    parameters=UpdateLeadParameters,
    effect=Effect.INTERNAL,
    idempotency="Setting the same value again changes nothing.",
    causes=("lead_updated", "contact_changed"),
    missing_codes={"fields": "MISSING_FIELDS"},
    review=review,
    run=perform_with(changes),
)
