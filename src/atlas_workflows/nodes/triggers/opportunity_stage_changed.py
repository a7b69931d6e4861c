"""An opportunity moved to another stage."""

from pydantic import Field

from atlas_workflows.nodes.fields import Name
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import same


class OpportunityStageChangedParameters(TriggerParameters):
    from_stage: Name | None = Field(None, description="Only moves out of this stage.")
    to_stage: Name | None = Field(None, description="Only moves into this stage.")
    pipeline: Name | None = Field(None, description="Only in this pipeline.")


NODE = TriggerType(
    name="opportunity_stage_changed",
    title="Opportunity stage changed",
    category="sales",
    documentation="An opportunity moved to another stage.",
    parameters=OpportunityStageChangedParameters,
    questions=(
        same("from_stage", "trigger.from_stage"),
        same("to_stage", "trigger.to_stage"),
        same("pipeline", "trigger.pipeline"),
    ),
)
