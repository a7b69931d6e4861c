"""A note was added to a contact."""

from pydantic import Field

from atlas_workflows.nodes.fields import Keyword
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import mentions


class NoteAddedParameters(TriggerParameters):
    keywords: list[Keyword] = Field(
        default_factory=list,
        description="Only notes in which one of these stands as whole words, in any case; empty means any.",
    )


NODE = TriggerType(
    name="note_added",
    title="Note added",
    category="contacts",
    documentation="A note was added to a contact.",
    parameters=NoteAddedParameters,
    questions=(mentions("keywords", "trigger.note", "trigger.text"),),
)
