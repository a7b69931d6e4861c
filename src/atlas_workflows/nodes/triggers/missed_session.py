"""A member did not show up for a booked session."""

from pydantic import Field

from atlas_workflows.nodes.fields import Name, Positive
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters


class MissedSessionParameters(TriggerParameters):
    class_types: list[Name] = Field(default_factory=list, description="Only these classes; empty means any.")
    missed_in_row: Positive | None = Field(None, description="Only from this many missed sessions in a row.")


NODE = TriggerType(
    name="missed_session",
    title="Missed session",
    category="booking",
    documentation="A member did not show up for a booked session.",
    parameters=MissedSessionParameters,
)
