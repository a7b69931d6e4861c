"""Why a member got, did not get or does not yet get something out of a workflow."""

from datetime import datetime
from typing import Any

from atlas_workflows.api.manners.exact import Model
from atlas_workflows.api.schemas.executions import Story


class ActingStep(Model):
    """A step that does something, and what became of it; `now` is what the same question would find now."""

    node: str
    name: str
    type: str
    verdict: str
    at: datetime | None
    until: datetime | None
    because: str | None
    now: str | None


class Explained(Model):
    """An execution and what became of each of its acting steps."""

    story: Story
    acting_steps: list[ActingStep]


class Leaf(Model):
    """A comparison that decided: the value it saw then, and the one there is now."""

    field: str
    operator: str
    expected: Any
    then: Any
    now: Any


class Refusal(Model):
    """An event that reached a trigger and did not enrol the member; `times` counts the same one."""

    trigger: str
    event_type: str
    reason: str
    explanation: str
    times: int
    occurred_at: datetime
    leaves: list[Leaf]


class Why(Model):
    """`obstacles` say why nothing of the workflow starts; `contact_known` whether the CRM has the member."""

    subject: str
    workflow: str
    workflow_name: str
    status: str
    owner: str
    executions: list[Explained]
    refusals: list[Refusal]
    obstacles: list[str]
    contact_known: bool
