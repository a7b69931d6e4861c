"""Adds a note to the subject."""

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.fields import Text
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters


class AddNoteParameters(ActionParameters):
    text: Text = Field(description="The note.")


NODE = NodeType(
    name="add_note",
    title="Add note",
    category="crm",
    documentation="Adds a note to the subject.",
    parameters=AddNoteParameters,
    effect=Effect.INTERNAL,
    idempotency="The note's id is derived from (execution, node, iteration), so it is inserted once.",
    causes=("note_added",),
    missing_codes={"text": "MISSING_NOTE_TEXT"},
)
