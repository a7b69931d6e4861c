"""Workflows: in lists, one by one, made, and brought into another state."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from atlas_workflows.api.manners.exact import Model


class Workflow(Model):
    """A workflow without its definition. `owner` is who executes it; `published_version` what is executed."""

    id: str
    name: str
    description: str | None
    status: str
    owner: str
    category: str
    tags: list[str]
    revision: int
    published_version: int | None
    awaiting_sign_off: bool
    total_executions: int
    successful_executions: int
    failed_executions: int
    last_run_at: datetime | None
    created_at: datetime
    updated_at: datetime | None


class Workflows(Model):
    """A page of workflows, the newest first. `capped_count`: how many there are in all, 10,000 for more, where that was asked.

    Null too where more than 5,000 would have to be read through for it (`step`, `trigger`, `search`).
    """

    items: list[Workflow]
    next: str | None
    capped_count: int | None


class NewWorkflow(Model):
    """A workflow to be made: a draft, empty where no definition is given."""

    name: str = Field(min_length=1, max_length=200)
    description: str | None = Field(None, max_length=5_000)
    tags: list[str] = Field(default_factory=list, max_length=50)
    definition: dict[str, Any] | None = None
    reason: str = Field("Made by the API.", min_length=1, max_length=1_000)


class Status(StrEnum):
    """Into what a workflow may be brought; active by publishing it, or from paused."""

    ACTIVE = "active"
    PAUSED = "paused"
    ARCHIVED = "archived"


class RunningAtArchive(StrEnum):
    """What executions under way do when their workflow is archived."""

    FINISH = "finish"
    CANCEL = "cancel"


class WorkflowChange(Model):
    """Another state. `drain`: executions under way of a paused workflow go on to their end."""

    status: Status
    reason: str = Field(min_length=1, max_length=1_000)
    drain: bool = False
    running: RunningAtArchive | None = None


class Changed(Model):
    """The new state, and how many executions it held, released or ended."""

    workflow: str
    name: str
    status: str
    executions: int
