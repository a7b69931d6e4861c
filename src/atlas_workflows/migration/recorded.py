"""A recorded run from outside, as the tasks of a DAG see it: its context, one step of it, its end."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

from atlas_workflows.db.connect import Connection
from atlas_workflows.errors import InputError
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.report.write import report_run
from atlas_workflows.migration.runs.controls import require_not_stopped
from atlas_workflows.migration.runs.locks import driving
from atlas_workflows.migration.runs.outcome import Conclusion, conclude, settle
from atlas_workflows.migration.runs.records import DatabaseRecord, RunRow, read_run
from atlas_workflows.migration.runs.run import execute_step
from atlas_workflows.migration.step import StepKind, StepResult
from atlas_workflows.secrets.keys import with_secret_key
from atlas_workflows.site import Site


def run_step(
    run_id: UUID,
    kind: str,
    site: Site,
) -> StepResult:
    """Execute one step of a recorded run; a step that has passed is not done twice."""
    opened = opened_run(run_id, site)
    with opened as (context, connection), driving(connection, context.phase):
        return execute_step(context, DatabaseRecord(connection, run_id), _kind_of(context.phase, kind))


@contextmanager
def opened_run(
    run_id: UUID,
    site: Site,
) -> Iterator[tuple[PhaseContext, Connection]]:
    """The context of a recorded run and a session in autocommit; raises PhasePaused when it is paused."""
    with site.connect("run", autocommit=True) as connection:
        run = read_run(connection, run_id)
        require_not_stopped(run.status, run_id)
        yield _context(run, replace(site, settings=with_secret_key(site.settings))), connection


def conclude_run(run_id: UUID, site: Site) -> Conclusion:
    """End a run that was driven step by step: its status from its steps, unless it has one, its report, exit code."""
    with site.connect("close", autocommit=True) as connection:
        run = read_run(connection, run_id)
        context = _context(run, site)
        result = settle(connection, run, context.phase, site.now())
    return conclude(result, context.phase, run.scope, run.options, site)


def report_so_far(run_id: UUID, site: Site) -> None:
    """Write the report of a run that has not ended, for whoever has to decide how it goes on."""
    with site.connect("report", autocommit=True) as connection:
        context = _context(read_run(connection, run_id), site)
    report_run(context)


def _context(run: RunRow, site: Site) -> PhaseContext:
    return PhaseContext(run.id, phase_named(run.phase), run.scope, run.options, replace(site, is_task=True))


def _kind_of(phase: Phase, name: str) -> StepKind:
    for kind in phase.kinds:
        if kind.name == name:
            return kind
    raise InputError(
        f"Phase {phase.name} has no step {name!r}.", remedy=f"Its steps are: {', '.join(phase.steps)}."
    )
