"""How runs really stand: one whose process or lock is gone is interrupted, whatever its record says."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.migration.runs.records import RunRow

INTERRUPTED = "interrupted"
# Between two tasks of a DAG run nobody holds anything, and a queue may be long.
BETWEEN_TASKS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the database shows of a run that stands as running. `driver` is the process of one that no DAG drives."""

    id: UUID
    driver: Mapping[str, Any] | None
    in_a_step: bool
    at_work: bool
    moved_at: datetime


def is_interrupted(seen: Seen, now: datetime) -> bool:
    """Whether nobody goes on with it: its process is gone, or its task with a step that is not over."""
    if seen.at_work:
        return False
    return seen.driver is not None or (seen.in_a_step and now - seen.moved_at > BETWEEN_TASKS)


def as_they_stand(connection: Connection, runs: Iterable[RunRow], now: datetime) -> tuple[RunRow, ...]:
    """The same runs; those that nobody goes on with are interrupted, and say where they were."""
    listed = tuple(runs)
    parameters = {"ids": [run.id for run in listed if run.status == "running"]}
    gone = {
        seen.id: seen
        for seen in rows(connection, Seen, sql("migration/runs/standing"), parameters)
        if is_interrupted(seen, now)
    }
    return tuple(
        replace(run, status=INTERRUPTED, problem=_problem(gone[run.id])) if run.id in gone else run
        for run in listed
    )


def _problem(seen: Seen) -> str:
    who = (
        f"Process {seen.driver.get('pid')} on {seen.driver.get('host')}"
        if seen.driver
        else "The task that drove it"
    )
    return f"{who} is gone since {seen.moved_at:%Y-%m-%d %H:%M} UTC; the same command continues it."
