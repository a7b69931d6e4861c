"""What the API asks of the migration, which it may not import: whoever makes the application brings what does it."""

from collections.abc import Mapping
from typing import Any, Protocol

from atlas_workflows.db.connect import Connection


class Planned(Protocol):
    """A phase that can be started, with the settings that it would be started with."""

    @property
    def phase(self) -> str: ...
    @property
    def dag_id(self) -> str: ...
    @property
    def settings(self) -> Mapping[str, Any]: ...


class Approval(Protocol):
    """Who let a run go on, and why."""

    @property
    def actor(self) -> str: ...
    @property
    def reason(self) -> str: ...


class Phases(Protocol):
    """Starts phases where Airflow runs them, and approves their runs. Raises InputError, PhaseRefused, StackError."""

    def plan(self, phase: str, settings: Mapping[str, Any], actor: str) -> Any:
        """What would be started (Planned); nothing is yet."""

    def start(self, planned: Any, dag_run_id: str) -> Mapping[str, Any]:
        """Start it as the DAG run of this id; asked again, it is the same one. The settings that it was started with."""

    def is_under_way(self, planned: Any, dag_run_id: str) -> bool | None:
        """Whether the DAG run of this id is queued or running; None where Airflow does not know of it."""

    def approve(self, connection: Connection, run: str, actor: str, reason: str) -> Approval:
        """Let a run go on that waits for approval, by the function of `atlas migrate approve`; the first one who did."""
