"""What the tasks of a phase DAG do, as plain functions; Airflow's part is in phase_dag."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from atlas_workflows.errors import GateClosed
from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.request import RunOptions, Scope
from atlas_workflows.site import Site

CHANGES_NOTHING = (
    "The old application keeps running and stays in charge; nothing of its tables changes in this phase."
)
TAKES_OVER = (
    "Workflows go over from the old application to the engine: those that are taken are switched off there, and what it has "
    "begun it still ends. Nobody should switch workflows on or off there meanwhile."
)


@dataclass(frozen=True, slots=True)
class Begun:
    """A recorded run to go on with; None after a dry run, which is whole by then. `summary` is JSON-able."""

    run_id: UUID | None
    summary: Mapping[str, Any] = field(default_factory=dict)


def begin_phase_run(
    phase: Phase,
    scope: Scope,
    options: RunOptions,
    site: Site,
    began: Callable[[UUID], None] = lambda _run_id: None,
) -> Begun:
    """Record the run (or find the unfinished one to continue); a dry run is done here, since it records nothing.

    `began` hears the run's id, however the run ends.
    """
    from atlas_workflows.migration.backup.remains import clear_away
    from atlas_workflows.migration.runs.locks import driving
    from atlas_workflows.migration.runs.requirements import require_suites
    from atlas_workflows.migration.runs.run import make_ready, start_run

    if options.dry_run:
        return _dry_run(phase, scope, options, site, began)
    require_suites(phase, site.settings.expectations)
    clear_away(site)
    with site.connect("begin", autocommit=True) as connection:
        make_ready(connection, site.dsn, options)
        with driving(connection, phase):
            run_id = start_run(connection, phase, scope, options, site.now())
    began(run_id)
    return Begun(run_id)


def announce_window(run_id: UUID, phase_name: str, actor: str, *, dsn: str) -> None:
    """Tell people that the maintenance window begins, and note in the audit log that they were told."""
    from atlas_workflows import audit
    from atlas_workflows.audit import Subject
    from atlas_workflows.db.acting import act_as_migration
    from atlas_workflows.db.connect import connect
    from atlas_workflows.migration.phases import phase_named
    from atlas_workflows.orchestration.notify import recipients, tell

    subject = f"Maintenance window: phase {phase_name} begins"
    message = TAKES_OVER if "cutover" in phase_named(phase_name).steps else CHANGES_NOTHING
    if not tell(subject, message, {"phase run": run_id, "started by": actor}):
        return
    with connect(dsn, application_name="atlas-announce", autocommit=True) as connection:
        act_as_migration(connection)
        audit.record(
            connection,
            Subject("phase_runs", str(run_id)),
            actor=actor,
            action="announce_window",
            reason=f"mail to {len(recipients())} addresses",
        )


def _dry_run(
    phase: Phase,
    scope: Scope,
    options: RunOptions,
    site: Site,
    began: Callable[[UUID], None],
) -> Begun:
    from atlas_workflows.migration.runs.outcome import conclude
    from atlas_workflows.migration.runs.run import run_phase

    result = run_phase(phase, site, scope=scope, options=options, began=began)
    conclusion = conclude(result, phase, scope, options, site)
    if result.exit_code:
        raise GateClosed(
            result.problem or f"The dry run ended as {result.status}.",
            remedy=result.remedy or "Fix this and repeat the dry run; nothing was written.",
        )
    return Begun(None, conclusion.to_json())
