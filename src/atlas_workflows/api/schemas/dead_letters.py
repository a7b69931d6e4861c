"""Failed executions by what made them fail."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from atlas_workflows.api.manners.exact import Instant, Model
from atlas_workflows.api.schemas.executions import Replay


class Cause(Model):
    """Executions that failed alike: error class, type of the step, message without what varies; `cause` names the three."""

    cause: str
    error_class: str
    node_type: str
    pattern: str
    executions: int
    workflows: int
    first_at: datetime
    last_at: datetime
    example: str


class Causes(Model):
    """The most frequent cause first; `capped`: there are more."""

    items: list[Cause]
    capped: bool


class ReplayOfCause(Model):
    """Which failed executions go on. Without `send` the answer only says what would happen."""

    error_class: str = Field(min_length=1, max_length=200)
    node_type: str | None = Field(None, max_length=200)
    pattern: str | None = Field(None, max_length=10_000)
    workflow: UUID | None = None
    since: Instant | None = None
    limit: int = Field(100, ge=1, le=500)
    send: bool = False
    reason: str = Field(min_length=1, max_length=1_000)


class NotReplayed(Model):
    """A failed execution that stays so, and why."""

    execution: str
    why: str


class CauseReplay(Model):
    """What went on, or would go on, the oldest first."""

    was_done: bool
    replays: list[Replay]
    refused: list[NotReplayed]


class Letter(Model):
    """A failed execution of a cause."""

    execution: str
    workflow: str
    version: int
    subject: str
    node: str
    message: str
    failed_at: datetime


class Letters(Model):
    """A page of a cause's executions, the latest first. `message` is for those who may execute; else it is empty."""

    cause: Cause
    items: list[Letter]
    next: str | None


class PlanOfReplay(Model):
    """Which failed executions of the cause would go on."""

    workflow: UUID | None = None
    since: Instant | None = None
    limit: int = Field(100, ge=1, le=500)


class ReplayPlan(Model):
    """What a replay would come upon. `nodes`: how often each is tried anew; `effects_done` would not be done again."""

    cause: Cause
    looked_at: int
    replays: int
    may_send: int
    held: int
    nodes: dict[str, int]
    effects_done: int
    effects_unknown: int
    refused: dict[str, int]
