"""What an old engine would do, in data: steps, effects with their keys, waits, branches. Nothing is done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from atlas_workflows.legacy.engine.deeds import is_message


@dataclass(frozen=True, slots=True)
class Start:
    """What begins an execution. `failures`: what the outside answered, by node. `told`: outcomes of conditions whose
    data nobody kept, by node; they count only where the data at hand leaves a condition open.
    """

    execution: str
    at: datetime
    event: Mapping[str, Any] = field(default_factory=dict)
    contact: Mapping[str, Any] = field(default_factory=dict)
    organization: Mapping[str, Any] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)
    told: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """`status`: completed, failed, or passed (no engine knew what to do; recorded as completed or skipped).

    `key` names the visit, as an effect's key does; `port` is the answer of a condition or a switch; `note` says why it did
    nothing.
    """

    node: str
    status: str
    at: datetime
    error: str | None = None
    key: str = ""
    port: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class PlannedEffect:
    """The same key means the same deed. `recipients` only of messages. `is_stub`: reported as done without being done."""

    key: str
    node: str
    kind: str
    recipients: tuple[str, ...]
    content: Mapping[str, Any]
    at: datetime
    is_stub: bool = False

    @property
    def is_message(self) -> bool:
        return is_message(self.kind) and not self.is_stub


@dataclass(frozen=True, slots=True)
class PlannedWait:
    """`at` is when it began."""

    node: str
    seconds: float
    at: datetime
    key: str = ""


@dataclass(frozen=True, slots=True)
class PlannedBranch:
    """`answer`: true, false, or a switch's value as text. `open`: data it would have needed. `is_told`: by the start."""

    node: str
    answer: str
    open: tuple[str, ...] = ()
    is_told: bool = False


@dataclass(slots=True)
class Plan:
    """`outcome`: completed, failed, or refused (the workflow's own conditions did not hold)."""

    workflow: str
    engine: str
    outcome: str = "completed"
    reason: str | None = None
    steps: list[PlannedStep] = field(default_factory=list)
    effects: list[PlannedEffect] = field(default_factory=list)
    waits: list[PlannedWait] = field(default_factory=list)
    branches: list[PlannedBranch] = field(default_factory=list)
