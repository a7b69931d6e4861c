"""The record of a phase run: rows of atlas.phase_runs and phase_run_steps, or memory for a dry run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from psycopg.types.json import Jsonb

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import one, rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import InputError
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.request import RunOptions, Scope
from atlas_workflows.migration.step import StepResult, StepStatus


@dataclass(frozen=True, slots=True)
class RunRow:
    """A phase run as recorded."""

    id: UUID
    phase: str
    status: str
    scope: Scope
    options: RunOptions
    started_at: datetime
    finished_at: datetime | None
    actor: str
    summary: Mapping[str, Any]
    problem: str | None


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step of a phase run as recorded."""

    position: int
    kind: str
    status: str
    started_at: datetime | None
    finished_at: datetime | None
    summary: Mapping[str, Any]
    problem: str | None

    @property
    def result(self) -> StepResult | None:
        """What the step found when it ended, well or badly; None while it has not."""
        if self.status not in set(StepStatus):
            return None
        return StepResult(StepStatus(self.status), self.summary, self.problem)


class RunRecord(Protocol):
    """Where a run notes how its steps went."""

    def ended(self, kind: str) -> StepResult | None:
        """What the step found when it ended, well or badly; None while it has not."""

    def begin(self, kind: str, at: datetime) -> None: ...

    def end(self, kind: str, result: StepResult, at: datetime) -> None: ...

    def close(self, status: str, problem: str | None, summary: Mapping[str, Any], at: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class MemoryRecord:
    """Of a dry run: nothing is written anywhere."""

    results: dict[str, StepResult] = field(default_factory=dict)

    def ended(self, kind: str) -> StepResult | None:
        return self.results.get(kind)

    def begin(self, kind: str, at: datetime) -> None:  # noqa: ARG002
        self.results.pop(kind, None)

    def end(self, kind: str, result: StepResult, at: datetime) -> None:  # noqa: ARG002
        self.results[kind] = result

    def close(self, status: str, problem: str | None, summary: Mapping[str, Any], at: datetime) -> None:
        """Nothing is kept."""


@dataclass(frozen=True, slots=True)
class DatabaseRecord:
    """Of a real run; every note is its own transaction (the session is in autocommit)."""

    connection: Connection
    run_id: UUID

    def ended(self, kind: str) -> StepResult | None:
        steps = {step.kind: step.result for step in read_steps(self.connection, self.run_id)}
        return steps.get(kind)

    def begin(self, kind: str, at: datetime) -> None:
        self.connection.execute(sql("migration/runs/begin_step"), {"id": self.run_id, "kind": kind, "at": at})

    def end(self, kind: str, result: StepResult, at: datetime) -> None:
        self.connection.execute(
            sql("migration/runs/end_step"),
            {
                "id": self.run_id,
                "kind": kind,
                "at": at,
                "status": str(result.status),
                "summary": jsonb(result.summary),
                "problem": result.problem,
            },
        )

    def close(self, status: str, problem: str | None, summary: Mapping[str, Any], at: datetime) -> None:
        parameters = {
            "id": self.run_id,
            "status": status,
            "problem": problem,
            "summary": jsonb(summary),
            "at": at,
        }
        self.connection.execute(sql("migration/runs/set_run_status"), parameters)


def insert_run(
    connection: Connection,
    run_id: UUID,
    phase: Phase,
    scope: Scope,
    options: RunOptions,
    at: datetime,
    driver: Mapping[str, Any] | None = None,
) -> None:
    """Record a new run and its steps, all pending; `driver` is the process that goes through all of them, if one does."""
    with connection.transaction():
        connection.execute(
            sql("migration/runs/insert_run"),
            {
                "id": run_id,
                "phase": phase.name,
                "scope": jsonb(scope.to_json()),
                "options": jsonb(options.to_json()),
                "at": at,
                "actor": options.actor,
                "driver": driven_by(driver),
            },
        )
        connection.execute(sql("migration/runs/insert_run_steps"), {"id": run_id, "kinds": list(phase.steps)})


def driven_by(driver: Mapping[str, Any] | None) -> Jsonb:
    """The part of a run's summary that says so."""
    return jsonb({} if driver is None else {"driver": driver})


def read_run(connection: Connection, run_id: UUID) -> RunRow:
    """The run; raises InputError when there is none with this id."""
    run = one(connection, _run_row, sql("migration/runs/read_run"), {"id": run_id})
    if run is None:
        raise InputError(
            f"There is no phase run {run_id}.", remedy="`atlas migrate status` lists those there are."
        )
    return run


def latest_runs(connection: Connection, phase: str | None = None, limit: int = 20) -> tuple[RunRow, ...]:
    """Runs, newest first, of one phase or of all."""
    parameters = {"phase": phase, "limit": limit}
    return tuple(rows(connection, _run_row, sql("migration/runs/latest_runs"), parameters))


def read_steps(connection: Connection, run_id: UUID) -> tuple[StepRow, ...]:
    """The steps of a run in order."""
    return tuple(rows(connection, StepRow, sql("migration/runs/read_run_steps"), {"id": run_id}))


def jsonb(value: Any) -> Jsonb:
    """A parameter for a jsonb column."""
    return Jsonb(value, dumps=lambda item: dumps_text(item))


def _run_row(scope: Any, options: Any, **columns: Any) -> RunRow:
    return RunRow(scope=Scope.from_json(scope), options=RunOptions.from_json(options), **columns)
