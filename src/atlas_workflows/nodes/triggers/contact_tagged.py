"""A tag was added to a contact or taken away."""

from typing import Literal

from pydantic import Field

from atlas_workflows.nodes.fields import Name
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import one_of_either, same


class ContactTaggedParameters(TriggerParameters):
    tags: list[Name] = Field(
        default_factory=list, description="Only these tags (names or ids); empty means any."
    )
    action: Literal["added", "removed", "any"] = Field("added", description="What happened to the tag.")


NODE = TriggerType(
    name="contact_tagged",
    title="Contact tagged",
    category="contacts",
    documentation="A tag was added to a contact or taken away.",
    parameters=ContactTaggedParameters,
    questions=(
        one_of_either("tags", "trigger.tag", "trigger.tag_id"),
        same("action", "trigger.action"),
    ),
)
