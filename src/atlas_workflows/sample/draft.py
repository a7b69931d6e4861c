"""One workflow of the sample before it is written in a shape; dirt changes it here or overrides a column's text."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from atlas_workflows.sample.drawing import Stop
from atlas_workflows.sample.organizations import Organization
from atlas_workflows.sample.recipe import Recipe


class Absent:
    """Stands for SQL NULL in a column and for a missing key inside a document."""


ABSENT = Absent()


@dataclass(slots=True)
class Counts:
    """Executions to make for a workflow; what its counters say may be something else."""

    completed: int = 0
    failed: int = 0
    cancelled: int = 0

    @property
    def total(self) -> int:
        return self.completed + self.failed + self.cancelled


@dataclass(slots=True)
class Draft:
    """Everything a shape may want to know about one workflow."""

    id: str
    number: int
    organization: Organization
    organization_id: str | None
    recipe: Recipe
    name: str
    description: str | None
    status: str | None
    trigger_type: str | None
    trigger_config: Any
    nodes: Any
    edges: Any
    variables: Any
    settings: Any
    counts: Counts
    created_at: datetime
    updated_at: datetime
    last_run_at: datetime | None
    trail: list[Stop]
    version: int = 1
    template_id: str | None = None
    # Columns of the scoring variant.
    is_active: bool | None = None
    actions: Any = None
    extra_data: dict[str, Any] = field(default_factory=dict)
    # Exact text per column, for what the parts above cannot express.
    columns: dict[str, str | None] = field(default_factory=dict)
    # The whole workflow_data of shape B, where it is not an object of the usual parts.
    workflow_data: Any = None
    # Coverage codes that this row shows, and those that single executions show, with their ids.
    shows: tuple[str, ...] = ()
    history_shows: list[tuple[str, str]] = field(default_factory=list)
    # Spoils the executions once they are made; returns (code, execution id) pairs.
    spoil_history: Callable[[list[Any], Any], list[tuple[str, str]]] | None = None
    # Registered triggers of shape B, where they are not simply the workflow's own.
    trigger_rows: list[dict[str, Any]] | None = None
