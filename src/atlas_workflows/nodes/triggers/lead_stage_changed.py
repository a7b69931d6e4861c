"""A lead moved to another stage of the pipeline."""

from pydantic import Field

from atlas_workflows.nodes.fields import Name
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import same


class LeadStageChangedParameters(TriggerParameters):
    from_stage: Name | None = Field(None, description="Only moves out of this stage.")
    to_stage: Name | None = Field(None, description="Only moves into this stage.")
    pipeline: Name | None = Field(None, description="Only in this pipeline.")


NODE = TriggerType(
    name="lead_stage_changed",
    title="Lead stage changed",
    category="leads",
    documentation="A lead moved to another stage of the pipeline.",
    parameters=LeadStageChangedParameters,
    questions=(
        same("from_stage", "trigger.from_stage"),
        same("to_stage", "trigger.to_stage"),
        same("pipeline", "trigger.pipeline"),
    ),
)
