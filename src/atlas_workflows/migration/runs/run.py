"""Runs a phase: whole, or one step of it. Killed at any moment, the same call continues."""

import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.faults import explained
from atlas_workflows.db.rows import one
from atlas_workflows.db.schema import upgrade
from atlas_workflows.db.search_paths import require_safe_search_paths
from atlas_workflows.db.sql_files import sql
from atlas_workflows.db.tables import read_catalog
from atlas_workflows.errors import AtlasError, PhasePaused
from atlas_workflows.file_modes import for_owner_and_group
from atlas_workflows.legacy.source.shapes import detect_shape
from atlas_workflows.migration.backup.remains import clear_away
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.movement.forms import require_tables
from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.report.files import prepare_folder
from atlas_workflows.migration.report.notes import noted
from atlas_workflows.migration.request import RunOptions, Scope
from atlas_workflows.migration.runs.controls import require_not_stopped
from atlas_workflows.migration.runs.hold_backs import without_held
from atlas_workflows.migration.runs.locks import driving
from atlas_workflows.migration.runs.outcome import RunResult
from atlas_workflows.migration.runs.records import (
    DatabaseRecord,
    MemoryRecord,
    RunRecord,
    driven_by,
    insert_run,
    jsonb,
    read_run,
)
from atlas_workflows.migration.runs.requirements import require_earlier, require_suites
from atlas_workflows.migration.step import DONE, Skips, StepKind, StepResult, StepStatus
from atlas_workflows.secrets.keys import with_secret_key
from atlas_workflows.secrets.masking import mask
from atlas_workflows.site import Site


def run_phase(
    phase: Phase,
    site: Site,
    *,
    scope: Scope = Scope(),  # noqa: B008 - frozen
    options: RunOptions = RunOptions(),  # noqa: B008 - frozen
    began: Callable[[UUID], None] = lambda _run_id: None,
) -> RunResult:
    """Start or continue the phase and go through its steps until one fails, waits, or all are done.

    `began` hears the run's id once it is recorded, or noted where it is a dry run, so that a report can be made however this ends.

    Raises PhaseRefused when another process drives the phase, PhasePaused when the run is paused, InputError for
    an organization that does not exist, ConfigurationError for a suite of the phase that is missing, and what
    connecting raises.
    """
    require_suites(phase, site.settings.expectations)
    site = replace(site, settings=with_secret_key(site.settings))
    context = PhaseContext(uuid4(), phase, scope, options, site)
    prepare_folder(context.report_dir if options.report_dir else site.settings.home / "reports")
    clear_away(site)
    if options.dry_run:
        with noted(context.report_dir, _note_of(context), site.now):
            began(context.run_id)
            return _drive(context, MemoryRecord())
    with site.connect("run", autocommit=True) as connection:
        make_ready(connection, site.dsn, options)
        with driving(connection, phase):
            run_id = start_run(connection, phase, scope, options, site.now(), this_process())
            # A flag may hold organizations back: the recorded scope is the one that counts.
            began(run_id)
            begun = replace(context, run_id=run_id, scope=read_run(connection, run_id).scope)
            return _drive(begun, DatabaseRecord(connection, run_id))


def _note_of(context: PhaseContext) -> dict[str, Any]:
    return {
        "kind": "phase", "phase": context.phase.name, "run_id": str(context.run_id), "dry_run": True,
        "started_at": context.now().isoformat(), "scope": context.scope.to_json(), "actor": context.options.actor,
    }  # fmt: skip


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


def this_process() -> dict[str, Any]:
    """Who drives a run from its first step to the last; its tasks do where a DAG drives it."""
    return {"host": socket.gethostname(), "pid": os.getpid()}


def start_run(
    connection: Connection,
    phase: Phase,
    scope: Scope,
    options: RunOptions,
    at: datetime,
    driver: Mapping[str, Any] | None = None,
) -> UUID:
    """The id of the run to work on: the unfinished one with the same scope, else a new one.

    Organizations that the flag of the phase holds back are left out; raises PhaseRefused where they were named, and
    where a phase that this one requires is not applied to an organization.
    """
    scope = without_held(connection, scope, phase.name, at)
    require_earlier(connection, phase, scope)
    run_id = _continued(connection, phase, scope, options, at, driver)
    if run_id is None:
        run_id = uuid4()
        insert_run(connection, run_id, phase, scope, options, at, driver)
    return run_id


def execute_step(context: PhaseContext, record: RunRecord, kind: StepKind) -> StepResult:
    """Run one step and note how it went. One that has passed is not done twice, unless its kind repeats."""
    found = record.ended(kind.name)
    if found is not None and found.status in DONE and not kind.repeats:
        return StepResult(StepStatus.SKIPPED, {**found.summary, "already": "passed"})
    record.begin(kind.name, context.now())
    try:
        with for_owner_and_group():
            result = _result(context, kind)
    except (PhasePaused, KeyboardInterrupt):
        raise  # the step stands as running, and goes on wherever it is
    except AtlasError as error:
        _note_lasting(record, context, kind, error)
        raise
    except psycopg.Error as error:
        named = explained(error, mask)
        _note_lasting(record, context, kind, named)
        raise named from error
    except BaseException as error:
        _note_failure(record, context, kind, mask(f"{type(error).__name__}: {error}"))
        raise
    record.end(kind.name, result, context.now())
    return result


@dataclass(frozen=True, slots=True)
class UnfinishedRun:
    """A run that has not come to an end, with the first step that has not passed and how it stands."""

    id: UUID
    status: str
    scope: Mapping[str, Any]
    next_step: str | None
    step_status: str | None


def may_continue(phase: Phase, next_step: str | None) -> bool:
    """Whether a run that failed can be taken up at `next_step`, the first that did not pass.

    A step that the phase no longer has was recorded by another version of it: the run cannot go on.
    """
    return any(kind.name == next_step and kind.continues for kind in phase.kinds)


def _continued(
    connection: Connection,
    phase: Phase,
    scope: Scope,
    options: RunOptions,
    at: datetime,
    driver: Mapping[str, Any] | None,
) -> UUID | None:
    run = one(connection, UnfinishedRun, sql("migration/runs/unfinished_runs"), {"phase": phase.name})
    if run is None or Scope.from_json(run.scope) != scope:
        return None
    require_not_stopped(run.status, run.id)
    # A step that was only interrupted stands as running, and goes on wherever it is.
    if run.status == "failed" and run.step_status != "running" and not may_continue(phase, run.next_step):
        return None
    parameters = {"id": run.id, "options": jsonb(options.to_json()), "at": at, "driver": driven_by(driver)}
    connection.execute(sql("migration/runs/continue_run"), parameters)
    return run.id


def _drive(context: PhaseContext, record: RunRecord) -> RunResult:
    began = context.now()
    results: dict[str, StepResult] = {}
    try:
        for kind in context.phase.kinds:
            result = results[kind.name] = execute_step(context, record, kind)
            if result.status not in DONE:
                break
    except KeyboardInterrupt:
        _note_interruption(record, context)
        raise
    ended = RunResult.of(context.run_id, context.phase, began, results, shared=context.shared)
    record.close(ended.status, ended.problem, {}, context.now())
    return ended


def _result(context: PhaseContext, kind: StepKind) -> StepResult:
    if not context.persistent and isinstance(kind.dry_run, Skips):
        return StepResult(StepStatus.SKIPPED, {"why": kind.dry_run.why})
    return kind.run(context)


def _note_lasting(record: RunRecord, context: PhaseContext, kind: StepKind, error: AtlasError) -> None:
    """A fault that passes leaves the run as it is, so that the same command continues it."""
    if not error.attributes.get("passes"):
        _note_failure(record, context, kind, error.fact)


def _note_interruption(record: RunRecord, context: PhaseContext) -> None:
    try:
        record.close("interrupted", "Somebody pressed Ctrl-C.", {}, context.now())
    except psycopg.Error:
        return  # it is seen by its lock, which is gone


def _note_failure(record: RunRecord, context: PhaseContext, kind: StepKind, problem: str) -> None:
    try:
        record.end(kind.name, StepResult(StepStatus.FAILED, problem=problem), context.now())
        record.close("failed", problem, {}, context.now())
    except psycopg.Error:
        return  # the database went away: the run stays `running` and the same command continues it
