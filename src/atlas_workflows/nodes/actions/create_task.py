"""Creates a task for the team."""

from typing import Literal

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.fields import Moment, Span, Text
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters


class CreateTaskParameters(ActionParameters):
    title: Text = Field(description="What is to be done.")
    description: Text | None = Field(None, description="Details.")
    priority: Literal["low", "medium", "high"] = Field("medium", description="How urgent it is.")
    assigned_to: Text | None = Field(
        None, description="Who has to do it; the subject's owner where left out."
    )
    due_in: Span | None = Field(None, description="Due this long after the step.")
    due_at: Moment | None = Field(None, description="Due at this ISO time or template.")


NODE = NodeType(
    name="create_task",
    title="Create task",
    category="tasks",
    documentation="Creates a task for the team.",
    parameters=CreateTaskParameters,
    effect=Effect.INTERNAL,
    idempotency="The task's id is derived from (execution, node, iteration), so it is inserted once.",
    missing_codes={"title": "MISSING_TASK_TITLE"},
)
