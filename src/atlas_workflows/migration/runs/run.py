"""Runs a phase: whole, or step by step as Airflow does it. Killed at any moment, the same call continues."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg

from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.db.faults import explained
from atlas_workflows.db.schema import upgrade
from atlas_workflows.db.search_paths import require_safe_search_paths
from atlas_workflows.db.sql_files import sql
from atlas_workflows.db.tables import read_catalog
from atlas_workflows.errors import AtlasError, PhasePaused, PhaseRefused
from atlas_workflows.legacy.source.shapes import detect_shape
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.movement.forms import require_tables
from atlas_workflows.migration.phase import Phase, phase_named
from atlas_workflows.migration.report.files import prepare_folder
from atlas_workflows.migration.request import RunOptions, Scope
from atlas_workflows.migration.runs.hold_backs import without_held
from atlas_workflows.migration.runs.locks import phase_lock
from atlas_workflows.migration.runs.records import (
    DatabaseRecord,
    MemoryRecord,
    RunRecord,
    insert_run,
    read_run,
)
from atlas_workflows.migration.runs.requirements import require_earlier_phases
from atlas_workflows.migration.steps import StepKind, StepResult, StepStatus, step_kinds
from atlas_workflows.secrets.keys import with_secret_key
from atlas_workflows.secrets.masking import mask
from atlas_workflows.settings import Settings
from atlas_workflows.site import ProgressSink, silent, utc_now

# A run that failed in one of these has moved no data yet, or knows how to go on; a later failure starts anew. A step
# that was only interrupted (it stands as running) goes on wherever it is.
CONTINUES_UP_TO = "backfill"
DONE = (StepStatus.PASSED, StepStatus.SKIPPED)


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended. `exit_code`: 0 or what the step that stopped it says; quarantine is the caller's look-out."""

    run_id: UUID
    status: str
    started_at: datetime
    exit_code: int = 0
    steps: Mapping[str, StepResult] = field(default_factory=dict)
    problem: str | None = None
    remedy: str | None = None
    shared: Mapping[str, Any] = field(default_factory=dict)


def run_phase(
    phase: Phase,
    *,
    dsn: str,
    settings: Settings,
    scope: Scope = Scope(),  # noqa: B008 - frozen
    options: RunOptions = RunOptions(),  # noqa: B008 - frozen
    progress: ProgressSink = silent,
    now: Callable[[], datetime] = utc_now,
    began: Callable[[UUID], None] = lambda _run_id: None,
) -> RunResult:
    """Start or continue the phase and go through its steps until one fails, waits, or all are done.

    `began` hears the run's id once it is recorded, so that a report can be made however this ends.

    Raises PhaseRefused when another process drives the phase, PhasePaused when the run is paused, InputError for
    an organization that does not exist, and what connecting raises.
    """
    settings = with_secret_key(settings)
    context = PhaseContext(uuid4(), phase, scope, options, dsn, settings, progress=progress, now=now)
    prepare_folder(context.report_dir if options.report_dir else settings.home / "reports")
    if options.dry_run:
        return _drive(context, MemoryRecord())
    with connect(dsn, application_name="atlas-run", autocommit=True) as connection:
        make_ready(connection, dsn, options)
        with phase_lock(connection, phase.name):
            run_id = start_run(connection, phase, scope, options, now())
            # A flag may hold organizations back: the recorded scope is the one that counts.
            began(run_id)
            begun = replace(context, run_id=run_id, scope=read_run(connection, run_id).scope)
            return _drive(begun, DatabaseRecord(connection, run_id))


def make_ready(connection: Connection, dsn: str, options: RunOptions) -> None:
    """Bring schema atlas up to date. Raises UnknownShape, before anything is made in what is no CRM's database,
    where something else stands in a legacy table's place, and DatabaseError where a login would find ours in place of
    the old tables; waiving the items `tables` and `search_path` of the checklist lets it be made anyhow.
    """
    if not options.waivers.get("tables"):
        require_tables(connection)
    detect_shape(read_catalog(connection))
    if not options.waivers.get("search_path"):
        require_safe_search_paths(connection)
    upgrade(dsn)


def start_run(connection: Connection, phase: Phase, scope: Scope, options: RunOptions, at: datetime) -> UUID:
    """The id of the run to work on: the unfinished one with the same scope, else a new one.

    Organizations that the flag of the phase holds back are left out; raises PhaseRefused where they were named, and
    where a phase that this one requires does not stand for an organization.
    """
    scope = without_held(connection, scope, phase.name, at)
    require_earlier_phases(connection, phase, scope)
    run_id = _continued(connection, phase, scope, options, at)
    if run_id is None:
        run_id = uuid4()
        insert_run(connection, run_id, phase, scope, options, at)
    return run_id


def run_step(
    run_id: UUID,
    kind: str,
    *,
    dsn: str,
    settings: Settings,
    progress: ProgressSink = silent,
    now: Callable[[], datetime] = utc_now,
) -> StepResult:
    """Execute one step of a recorded run, as an Airflow task does; a step that has passed is not done twice."""
    opened = opened_run(run_id, dsn=dsn, settings=settings, progress=progress, now=now)
    with opened as (context, connection), phase_lock(connection, context.phase.name):
        use = next(step for step in context.phase.steps if step.kind == kind)
        context = replace(context, step_options=use.options)
        return _execute(context, DatabaseRecord(connection, run_id), step_kinds()[kind])


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
        require_not_paused(run.status, run_id)
        settings = with_secret_key(settings)
        yield (
            PhaseContext(
                run_id,
                phase_named(run.phase),
                run.scope,
                run.options,
                dsn,
                settings,
                progress=progress,
                now=now,
            ),
            connection,
        )


def close_run(run_id: UUID, status: str, *, dsn: str, problem: str | None = None) -> None:
    """Record how a run that was driven step by step ended."""
    with connect(dsn, application_name="atlas-run", autocommit=True) as connection:
        DatabaseRecord(connection, run_id).close(status, problem, {}, utc_now())


def require_not_paused(status: str, run_id: UUID) -> None:
    """Raise PhasePaused for a paused run, PhaseRefused for one that was cancelled or rolled back."""
    if status == "paused":
        raise PhasePaused(
            f"Phase run {run_id} is paused.", remedy=f"`atlas migrate resume {run_id}` continues it."
        )
    if status in ("cancelled", "rolled_back"):
        raise PhaseRefused(
            f"Phase run {run_id} is {status}.", remedy="Start a new one with `atlas migrate run`."
        )


def _continued(
    connection: Connection, phase: Phase, scope: Scope, options: RunOptions, at: datetime
) -> UUID | None:
    row = connection.execute(sql("migration/runs/unfinished_runs"), {"phase": phase.name}).fetchone()
    if row is None:
        return None
    run_id, status, old_scope, _old_options, _started, next_kind, step_status = row
    if Scope.from_json(old_scope) != scope:
        return None
    require_not_paused(status, run_id)
    if status == "failed" and step_status != "running" and not _may_continue(phase, next_kind):
        return None
    connection.execute(
        sql("migration/runs/continue_run"), {"id": run_id, "options": options_json(options), "at": at}
    )
    return UUID(str(run_id))


def options_json(options: RunOptions) -> Any:
    """Options as a jsonb parameter."""
    from atlas_workflows.migration.runs.records import jsonb

    return jsonb(options.to_json())


def _may_continue(phase: Phase, next_kind: str | None) -> bool:
    order = [step.kind for step in phase.steps]
    return next_kind is not None and order.index(next_kind) <= order.index(CONTINUES_UP_TO)


def _drive(context: PhaseContext, record: RunRecord) -> RunResult:
    kinds, began = step_kinds(), context.now()
    results: dict[str, StepResult] = {}
    for use in context.phase.steps:
        kind = kinds.get(use.kind)
        if kind is None:
            continue
        result = _execute(replace(context, step_options=use.options), record, kind)
        results[kind.name] = result
        if result.status not in DONE:
            return replace(_stopped(context, record, kind, result, results), started_at=began)
    record.close("succeeded", None, {}, context.now())
    return RunResult(context.run_id, "succeeded", began, steps=results, shared=context.shared)


def _execute(context: PhaseContext, record: RunRecord, kind: StepKind) -> StepResult:
    found = record.ended(kind.name)
    if found is not None and found.status in DONE and not kind.repeats:
        return StepResult(StepStatus.SKIPPED, {**found.summary, "already": "passed"})
    record.begin(kind.name, context.now())
    try:
        result = kind.run(context)
    except PhasePaused:
        raise
    except AtlasError as error:
        _note_lasting(record, context, kind, error)
        raise
    except psycopg.Error as error:
        told = explained(error, mask)
        _note_lasting(record, context, kind, told)
        raise told from error
    except BaseException as error:
        _note_failure(record, context, kind, mask(f"{type(error).__name__}: {error}"))
        raise
    record.end(kind.name, result, context.now())
    return result


def _note_lasting(record: RunRecord, context: PhaseContext, kind: StepKind, error: AtlasError) -> None:
    """A fault that passes leaves the run as it is, so that the same command continues it."""
    if not error.attributes.get("passes"):
        _note_failure(record, context, kind, error.fact)


def _note_failure(record: RunRecord, context: PhaseContext, kind: StepKind, problem: str) -> None:
    try:
        record.end(kind.name, StepResult(StepStatus.FAILED, problem=problem), context.now())
        record.close("failed", problem, {}, context.now())
    except psycopg.Error:
        return  # the database went away: the run stays `running` and the same command continues it


def _stopped(
    context: PhaseContext,
    record: RunRecord,
    kind: StepKind,
    result: StepResult,
    results: Mapping[str, StepResult],
) -> RunResult:
    waits = result.status is StepStatus.WAITING
    status = "waiting" if waits else "failed"
    record.close(status, result.problem, {}, context.now())
    return RunResult(
        run_id=context.run_id,
        status=status,
        started_at=context.now(),
        exit_code=1 if waits else kind.failure_exit,
        steps=results,
        problem=result.problem,
        remedy=result.remedy,
        shared=context.shared,
    )
