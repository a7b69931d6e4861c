"""A recorded run from outside, as the tasks of a DAG see it: its context, one step of it, its end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.errors import InputError
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.runs.controls import require_not_stopped
from atlas_workflows.migration.runs.locks import driving
from atlas_workflows.migration.runs.outcome import Conclusion, conclude, settle
from atlas_workflows.migration.runs.records import DatabaseRecord, RunRow, read_run
from atlas_workflows.migration.runs.run import execute_step
from atlas_workflows.migration.step import StepKind, StepResult
from atlas_workflows.secrets.keys import with_secret_key
from atlas_workflows.settings import Settings
from atlas_workflows.site import ProgressSink, silent, utc_now


def run_step(
    run_id: UUID,
    kind: str,
    *,
    dsn: str,
    settings: Settings,
    progress: ProgressSink = silent,
    now: Callable[[], datetime] = utc_now,
) -> StepResult:
    """Execute one step of a recorded run; a step that has passed is not done twice."""
    opened = opened_run(run_id, dsn=dsn, settings=settings, progress=progress, now=now)
    with opened as (context, connection), driving(connection, context.phase):
        return execute_step(context, DatabaseRecord(connection, run_id), _kind_of(context.phase, kind))


@contextmanager
def opened_run(
    run_id: UUID,
    *,
    dsn: str,
    settings: Settings,
    progress: ProgressSink = silent,
    now: Callable[[], datetime] = utc_now,
) -> Iterator[tuple[PhaseContext, Connection]]:
    """The context of a recorded run and a session in autocommit; raises PhasePaused when it is paused."""
    with connect(dsn, application_name="atlas-run", autocommit=True) as connection:
        run = read_run(connection, run_id)
        require_not_stopped(run.status, run_id)
        context = _context(run, dsn, with_secret_key(settings))
        context = replace(context, progress=progress, now=now)
        yield context, connection


def conclude_run(run_id: UUID, *, dsn: str, settings: Settings) -> Conclusion:
    """End a run that was driven step by step: its status from its steps, unless it has one, its report, exit code."""
    with connect(dsn, application_name="atlas-close", autocommit=True) as connection:
        run = read_run(connection, run_id)
        context = _context(run, dsn, settings)
        result = settle(connection, run, context.phase, utc_now())
    return conclude(result, context.phase, run.scope, run.options, dsn=dsn, settings=settings)


def _context(run: RunRow, dsn: str, settings: Settings) -> PhaseContext:
    return PhaseContext(run.id, phase_named(run.phase), run.scope, run.options, dsn, settings)


def _kind_of(phase: Phase, name: str) -> StepKind:
    for kind in phase.kinds:
        if kind.name == name:
            return kind
    raise InputError(
        f"Phase {phase.name} has no step {name!r}.", remedy=f"Its steps are: {', '.join(phase.steps)}."
    )
