"""Somebody starts the workflow by hand."""

from pydantic import Field

from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters


class ManualParameters(TriggerParameters):
    confirmation_required: bool = Field(False, description="Whether the page asks before it starts.")


NODE = TriggerType(
    name="manual",
    title="Manual",
    category="external",
    documentation="Somebody starts the workflow by hand.",
    parameters=ManualParameters,
)
