"""A field of a contact changed."""

from pydantic import Field

from atlas_workflows.nodes.fields import Name
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import any_of


class ContactChangedParameters(TriggerParameters):
    fields: list[Name] = Field(
        default_factory=list, description="Only changes of one of these fields; empty means any."
    )


NODE = TriggerType(
    name="contact_changed",
    title="Contact changed",
    category="contacts",
    documentation="A field of a contact changed.",
    parameters=ContactChangedParameters,
    questions=(any_of("fields", "trigger.fields"),),
)
