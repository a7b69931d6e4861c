"""Workflows of v1: a row as the old application had it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from atlas_workflows.api.manners.exact import Model

Objects = list[dict[str, Any]]


class OldStatus(StrEnum):
    """How a workflow stands, for v1."""

    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    ARCHIVED = "archived"


class Sort(StrEnum):
    """By what a list is sorted."""

    CREATED = "created_at"
    UPDATED = "updated_at"
    NAME = "name"
    LAST_RUN = "last_run_at"
    EXECUTIONS = "total_executions"


class Order(StrEnum):
    """In which direction."""

    UP = "asc"
    DOWN = "desc"


class Warned(Model):
    """What is to be said of a workflow: what was stored means more or less than the old application made of it."""

    code: str
    field: str | None
    message: str


class OldWorkflow(Model):
    """A workflow. `version` is 1 for everything, as it was; `warnings` are ours."""

    id: str
    organization_id: str
    name: str
    description: str | None
    status: str
    nodes: list[Any]
    edges: list[Any]
    variables: Any
    trigger_type: str | None
    trigger_config: dict[str, Any]
    settings: dict[str, Any]
    tags: list[str]
    version: int
    total_executions: int
    successful_executions: int
    failed_executions: int
    last_run_at: datetime | None
    created_at: datetime | None
    updated_at: datetime | None
    warnings: list[Warned]


class OldWorkflows(Model):
    """A page of workflows."""

    workflows: list[OldWorkflow]
    total: int
    page: int
    page_size: int
    total_pages: int


class Sent(Model):
    """What both a new workflow and a change may say. What is null or of another type is refused, never stored."""

    description: str | None = Field(None, max_length=5_000)
    nodes: Objects = Field(default_factory=list, max_length=2_000)
    edges: Objects = Field(default_factory=list, max_length=5_000)
    variables: dict[str, Any] | Objects = Field(default_factory=dict)
    trigger_type: str | None = Field(None, max_length=100)
    trigger_config: dict[str, Any] = Field(default_factory=dict)
    settings: dict[str, Any] = Field(default_factory=dict)
    tags: list[str] = Field(default_factory=list, max_length=50)


class NewOldWorkflow(Sent):
    """A workflow to be made; active it is published at once."""

    name: str = Field(min_length=1, max_length=200)
    status: OldStatus = OldStatus.DRAFT


class OldChange(Sent):
    """A change: what is left out stays. Of what is only read, ids must be this workflow's; the rest is told to be ignored."""

    name: str = Field("", min_length=1, max_length=200)
    status: OldStatus = OldStatus.DRAFT
    id: Any = None
    organization_id: Any = None
    version: Any = None
    total_executions: Any = None
    successful_executions: Any = None
    failed_executions: Any = None
    last_run_at: Any = None
    created_at: Any = None
    updated_at: Any = None
    warnings: Any = None


class Deleted(Model):
    """The workflow is archived; `executions` are under way still and go on to their end."""

    success: bool = True
    id: str
    status: str
    executions: int


class Stats(Model):
    """How often a workflow was executed; `success_rate` from 0 to 1 of those that ended."""

    workflow_id: str
    total_executions: int
    successful_executions: int
    failed_executions: int
    success_rate: float
    avg_execution_time_ms: int
    last_run_at: datetime | None
