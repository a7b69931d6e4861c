"""An opportunity was opened."""

from pydantic import Field

from atlas_workflows.nodes.fields import Name, Number
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import at_least, same


class OpportunityCreatedParameters(TriggerParameters):
    pipeline: Name | None = Field(None, description="Only in this pipeline.")
    minimum_value: Number | None = Field(None, description="Only from this value on.")


NODE = TriggerType(
    name="opportunity_created",
    title="Opportunity created",
    category="sales",
    documentation="An opportunity was opened.",
    parameters=OpportunityCreatedParameters,
    questions=(
        same("pipeline", "trigger.pipeline"),
        at_least("minimum_value", "trigger.value"),
    ),
)
