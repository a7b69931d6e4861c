"""A member checked in to a class or a session."""

from pydantic import Field

from atlas_workflows.nodes.fields import Name, Positive
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import one_of, same


class SessionAttendedParameters(TriggerParameters):
    class_types: list[Name] = Field(default_factory=list, description="Only these classes; empty means any.")
    visit_number: Positive | None = Field(None, description="Only this visit, counted from 1.")


NODE = TriggerType(
    name="session_attended",
    title="Session attended",
    category="booking",
    documentation="A member checked in to a class or a session.",
    parameters=SessionAttendedParameters,
    questions=(
        one_of("class_types", "trigger.class_type", "trigger.class_name", "trigger.class_id"),
        same("visit_number", "trigger.visit_number"),
    ),
)
