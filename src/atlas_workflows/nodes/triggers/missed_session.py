"""A member did not show up for a booked session."""

from pydantic import Field

from atlas_workflows.nodes.fields import Name, Positive
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import at_least, one_of


class MissedSessionParameters(TriggerParameters):
    class_types: list[Name] = Field(default_factory=list, description="Only these classes; empty means any.")
    missed_in_row: Positive | None = Field(None, description="Only from this many missed sessions in a row.")


NODE = TriggerType(
    name="missed_session",
    title="Missed session",
    category="booking",
    documentation="A member did not show up for a booked session.",
    parameters=MissedSessionParameters,
    questions=(
        one_of("class_types", "trigger.class_type", "trigger.class_name", "trigger.class_id"),
        at_least("missed_in_row", "trigger.missed_in_row"),
    ),
)
