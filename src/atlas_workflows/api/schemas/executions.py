"""Executions: in lists, whole, steered; the queue, and what is held."""

from datetime import datetime
from typing import Any

from pydantic import Field

from atlas_workflows.api.manners.exact import Model


class Execution(Model):
    """An execution in one line. `outcome` is how it ended, or queued or running; `executor` whose execution it was."""

    organization: str
    execution: str
    workflow: str | None
    workflow_name: str | None
    version: int | None
    subject: str | None
    outcome: str
    reason: str | None
    triggered_by: str | None
    executor: str
    started_at: datetime
    completed_at: datetime | None
    waits_for: str | None
    due_at: datetime | None
    fell_back: str | None


class Executions(Model):
    """A page of executions, the newest first. `capped_count`: how many there are in all, 10,000 for more, where that was asked."""

    items: list[Execution]
    next: str | None
    capped_count: int | None


class Step(Model):
    """One attempt at one node."""

    position: int
    node: str
    type: str
    iteration: int | None
    attempt: int
    status: str
    started_at: datetime
    finished_at: datetime | None
    key: str | None
    input: Any
    output: Any
    error: str | None
    port: str | None
    note: str | None
    unresolved: list[str] | None


class Steps(Model):
    """Every step of an execution, in its order. `masked`: inputs and outputs are left out."""

    items: list[Step]
    masked: bool


class Effect(Model):
    """Something done to the outside, as the ledger has it. `waits_for` is what holds it back."""

    key: str
    node: str
    kind: str
    status: str
    dispatches: int
    intended_at: datetime
    lease_until: datetime | None
    finished_at: datetime | None
    error: str | None
    waits_for: str | None
    held_until: datetime | None


class Standing(Model):
    """Where a live execution is: what it waits for there, since when and until when."""

    node: str
    status: str
    since: datetime
    until: datetime | None
    events: list[str]
    condition: Any


class Story(Model):
    """Everything about one execution. `masked`: inputs and outputs are left out, for the caller may not execute."""

    masked: bool = False

    execution: Execution
    steps: list[Step]
    effects: list[Effect]
    standing: list[Standing]


class Decision(Model):
    """Why it is done; goes into the audit log."""

    reason: str = Field(min_length=1, max_length=1_000)


class Cancelled(Model):
    """The execution is asked to end; a worker ends it."""

    execution: str
    asked: bool = True


class Replay(Model):
    """What a replay means, or meant: `nodes` are tried anew; `done` effects are not done again; `unknown` ones wait for a person."""

    execution: str
    workflow: str
    version: int
    subject: str
    cause: str
    message: str
    nodes: list[str]
    done: list[str]
    unknown: list[str]
    may_send: bool
    is_held: bool
    was_done: bool


class ReplayWish(Decision):
    """`send` must be true where something may go out; without it the answer says what would happen."""

    send: bool = False


class QueueState(Model):
    """How many executions are in a state, and when the first of them is due."""

    state: str
    waits_for: str | None
    executions: int
    first_due_at: datetime | None


class Queue(Model):
    """What is under way, by state."""

    items: list[QueueState]
    executions: int


class HeldEffect(Model):
    """A message that may not go yet, with until when and why."""

    key: str
    kind: str
    subject: str
    at: datetime
    reason: str


class Held(Model):
    """Those that come up first at the top; `capped`: there are more."""

    items: list[HeldEffect]
    capped: bool
