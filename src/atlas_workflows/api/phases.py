"""What the API asks of the migration, which it may not import: whoever makes the application brings what does it."""

from collections.abc import Mapping
from typing import Any, Protocol

from atlas_workflows.db.connect import Connection


class Started(Protocol):
    """The DAG run of a phase. `settings` are those it was started with: others where it had been started before."""

    @property
    def phase(self) -> str: ...
    @property
    def dag_id(self) -> str: ...
    @property
    def dag_run_id(self) -> str: ...
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

    def start(self, phase: str, settings: Mapping[str, Any], actor: str, dag_run_id: str) -> Started:
        """Start it as the DAG run of this id; asked again, it is the same one."""

    def approve(self, connection: Connection, run: str, actor: str, reason: str) -> Approval:
        """Let a run go on that waits for approval, by the function of `atlas migrate approve`; the first one who did."""
