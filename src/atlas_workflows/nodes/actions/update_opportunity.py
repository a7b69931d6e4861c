"""Changes fields of the subject's open opportunity."""

from collections.abc import Iterable

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect, Fault
from atlas_workflows.nodes.faults import missing
from atlas_workflows.nodes.fields import Mapping, Text
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters


class UpdateOpportunityParameters(ActionParameters):
    opportunity_id: Text | None = Field(None, description="Which one; the latest open one where left out.")
    fields: Mapping = Field(description="Field name to new value; texts may be templates.")


def review(parameters: UpdateOpportunityParameters) -> Iterable[Fault]:
    if not parameters.fields:
        yield missing("MISSING_FIELDS", "fields", "The fields to change")


NODE = NodeType(
    name="update_opportunity",
    title="Update opportunity",
    category="crm",
    documentation="Changes fields of the subject's open opportunity.",
    parameters=UpdateOpportunityParameters,
    effect=Effect.INTERNAL,
    idempotency="Setting the same value again changes nothing.",
    causes=("opportunity_stage_changed",),
    missing_codes={"fields": "MISSING_FIELDS"},
    review=review,
)
