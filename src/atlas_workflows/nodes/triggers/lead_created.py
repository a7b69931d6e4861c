"""A lead was added to the CRM."""

from pydantic import Field

from atlas_workflows.nodes.fields import Name, Number
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import any_of, at_least, at_most, one_of, same


class LeadCreatedParameters(TriggerParameters):
    sources: list[Name] = Field(
        default_factory=list, description="Only leads from one of these sources; empty means any."
    )
    tags: list[Name] = Field(
        default_factory=list, description="Only leads that carry at least one of these tags; empty means any."
    )
    minimum_score: Number | None = Field(None, description="Only leads with at least this score.")
    maximum_score: Number | None = Field(None, description="Only leads with at most this score.")
    source_id: Name | None = Field(None, description="Only leads of this one source record.")


NODE = TriggerType(
    name="lead_created",
    title="Lead created",
    category="leads",
    documentation="A lead was added to the CRM.",
    parameters=LeadCreatedParameters,
    questions=(
        one_of("sources", "trigger.source", "contact.source"),
        any_of("tags", "contact.tags", "trigger.tags"),
        at_least("minimum_score", "contact.score", "trigger.score"),
        at_most("maximum_score", "contact.score", "trigger.score"),
        same("source_id", "trigger.source_id", "contact.source_id"),
    ),
)
