"""An event of this name is published by code or an integration."""

from pydantic import Field

from atlas_workflows.nodes.fields import Name
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import same


class EventParameters(TriggerParameters):
    name: Name = Field(..., description="Name of the event.")


NODE = TriggerType(
    name="event",
    title="Event",
    category="external",
    documentation="An event of this name is published by code or an integration.",
    parameters=EventParameters,
    missing_codes={"name": "MISSING_EVENT_NAME"},
    questions=(same("name", "trigger.event", "trigger.name"),),
)
