"""What a workflow is: triggers that start it, nodes that do something, edges between their ports."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

FORMAT = "atlas.workflow/1"
MAIN_PORT = "main"
ERROR_PORT = "error"


class ErrorMode(StrEnum):
    """What happens when a node's last attempt fails. A node's own mode wins over the workflow's."""

    STOP = "stop"
    CONTINUE = "continue"
    RETRY = "retry"
    PORT = "port"
    WORKFLOW = "workflow"


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Position:
    """Where the builder draws it, in pixels."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`attempts` counts the first one too; delays in seconds."""

    attempts: int = 3
    backoff: str = "exponential"  # fixed | linear | exponential
    delay_seconds: float = 1.0
    max_delay_seconds: float = 30.0
    jitter: bool = False
    retry_on: tuple[str, ...] = ()  # empty = every error class that may be retried


@dataclass(frozen=True, slots=True)
class Node:
    """A step of a workflow. `parameters` follow the catalogue's model for (type, version)."""

    id: str
    type: str
    parameters: Mapping[str, Any]
    version: int = 1
    name: str = ""
    enabled: bool = True
    on_error: ErrorMode | None = None
    retry: RetryPolicy | None = None
    timeout_seconds: float | None = None
    position: Position | None = None
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Trigger:
    """A way to start the workflow. Edges leave it at port `main`; ids share the namespace of nodes."""

    id: str
    type: str
    parameters: Mapping[str, Any]
    version: int = 1
    name: str = ""
    enabled: bool = True
    position: Position | None = None
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """From a port of a trigger or node to a port of a node."""

    id: str
    source: str
    target: str
    source_port: str = MAIN_PORT
    target_port: str = MAIN_PORT


@dataclass(frozen=True, slots=True)
class Variable:
    """A named value. A secret's `default` is never the value but {"$secret": reference}."""

    name: str
    type: str = "string"  # string|number|boolean|date|array|object|any
    default: Any = None
    description: str = ""
    scope: str = "workflow"  # global|workflow|execution
    required: bool = False
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """How an execution behaves as a whole. Times in seconds; timezone is an IANA name."""

    error_mode: ErrorMode = ErrorMode.STOP
    max_execution_seconds: float = 300.0
    timezone: str = "UTC"
    retry: RetryPolicy | None = None
    priority: int = 5  # 1..10, 10 most urgent
    concurrency: int | None = None
    error_workflow_id: str | None = None
    notify_on_error: bool = True
    notify_on_complete: bool = False
    notify_emails: tuple[str, ...] = ()
    re_entry: str = "every_event"  # every_event | once | after_exit: whether the same subject may enter again
    re_entry_after_days: float | None = None
    exit_when: Mapping[str, Any] | None = (
        None  # a condition; where it holds the execution ends before its next effect
    )


@dataclass(frozen=True, slots=True)
class Workflow:
    """A whole definition, draft or published; where it stands in its life is not part of it."""

    id: str
    name: str
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    variables: tuple[Variable, ...] = ()
    settings: Settings = field(default_factory=Settings)
    organization_id: str | None = None
    description: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a definition, for people: where it is and what to do."""

    code: str
    severity: Severity
    message: str
    remedy: str
    node: str | None = None
    field: str | None = None
