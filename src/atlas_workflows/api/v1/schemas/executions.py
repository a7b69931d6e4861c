"""Executions of v1."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from atlas_workflows.api.manners.exact import Model
from atlas_workflows.api.v1.ids import Id


class ExecutionStatus(StrEnum):
    """How an execution stands, in v1's words."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ToExecute(Model):
    """Whom and with what. The subject is the client, else the lead, else the contact; without any the execution is about nobody."""

    trigger_data: dict[str, Any] = Field(default_factory=dict)
    input_data: dict[str, Any] = Field(default_factory=dict)
    lead_id: Id | None = None
    client_id: Id | None = None
    contact_id: Id | None = None


class Begun(Model):
    """An execution that a worker takes up."""

    success: bool = True
    execution_id: str
    workflow_id: str
    status: str


class Tested(Model):
    """What would happen, on a virtual clock; nothing is sent or stored."""

    success: bool
    outcome: str
    reason: str | None
    execution_steps: list[dict[str, Any]]
    effects: list[dict[str, Any]]


class OldStep(Model):
    """One step; `output` is null for who may not execute."""

    nodeId: str  # noqa: N815 - the names that v1's clients know
    nodeType: str  # noqa: N815
    status: str
    timestamp: datetime
    duration: int | None
    output: Any
    error: str | None


class OldExecution(Model):
    """An execution; what people wrote and got is null for who may not execute."""

    id: str
    organization_id: str
    workflow_id: str
    status: str
    triggered_by: str | None
    trigger_data: Any
    input_data: Any
    output_data: Any
    error_message: str | None
    execution_steps: list[OldStep]
    started_at: datetime
    completed_at: datetime | None
    created_at: datetime | None
    updated_at: datetime | None


class OldExecutions(Model):
    """A page of a workflow's executions, the newest first. `truncated`: of their steps some are left out."""

    executions: list[OldExecution]
    total: int
    page: int
    page_size: int
    total_pages: int
    truncated: bool
