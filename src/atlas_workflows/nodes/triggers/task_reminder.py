"""A task is due, or will be soon."""

from typing import Literal

from pydantic import Field

from atlas_workflows.nodes.fields import Count
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import one_of


class TaskReminderParameters(TriggerParameters):
    minutes_before: Count = Field(0, description="Minutes before it is due.")
    priorities: list[Literal["low", "medium", "high"]] = Field(
        default_factory=list, description="Only tasks of these priorities; empty means any."
    )


NODE = TriggerType(
    name="task_reminder",
    title="Task reminder",
    category="contacts",
    documentation="A task is due, or will be soon.",
    parameters=TaskReminderParameters,
    questions=(one_of("priorities", "trigger.priority"),),
)
