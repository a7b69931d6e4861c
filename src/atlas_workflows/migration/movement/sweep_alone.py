"""A sweep without a run: every row of an applied phase is compared with the ledger, and what differs is taken up."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from atlas_workflows import audit
from atlas_workflows.audit import Subject
from atlas_workflows.db.connect import Connection
from atlas_workflows.errors import PhaseRefused
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.evidence.forecasts import store_forecasts
from atlas_workflows.migration.evidence.gather import gather
from atlas_workflows.migration.movement.analytics import rebuild_analytics
from atlas_workflows.migration.movement.backfill import at_work
from atlas_workflows.migration.movement.catch_up import catch_up, take_deletions
from atlas_workflows.migration.movement.sweep import Swept, sweep_table
from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.runs.locks import phase_lock
from atlas_workflows.migration.runs.records import RunRow, latest_runs
from atlas_workflows.secrets.keys import with_secret_key
from atlas_workflows.site import Progress, Site


@dataclass(frozen=True, slots=True)
class SweptPhase:
    """Per table what was compared and written; rows gone at the source; captured changes taken up afterwards."""

    run: RunRow
    tables: Mapping[str, Swept]
    removed: int
    captured: int

    def to_json(self) -> dict[str, Any]:
        return {
            "run_id": str(self.run.id),
            "tables": {
                name: {"rows": swept.rows, "written": swept.written} for name, swept in self.tables.items()
            },
            "removed": self.removed,
            "captured": self.captured,
        }


def sweep_phase(phase: Phase, site: Site, *, actor: str) -> SweptPhase:
    """Sweep with the scope and options of the phase's latest run. Killed at any moment, the same call starts anew.

    Raises PhaseRefused where that run is not finished (continuing it sweeps), and while another process is at work.
    """
    with site.connect("sweep", autocommit=True) as connection:
        run = _standing(connection, phase)
        own = replace(site, settings=with_secret_key(site.settings))
        context = PhaseContext(run.id, phase, run.scope, run.options, own)
        with phase_lock(connection, phase.name):
            gather(context)  # what came meanwhile has a history too
            swept = _swept(context, run, actor)
    return swept


def _swept(context: PhaseContext, run: RunRow, actor: str) -> SweptPhase:
    with at_work(context) as worker:
        tables = {}
        for number, table in enumerate(worker.source.tables, start=1):
            tables[table.table] = sweep_table(worker, table)
            context.progress(Progress("sweep", table.table, number, len(worker.source.tables)))
        swept = SweptPhase(run, tables, take_deletions(worker), catch_up(worker).written)
        store_forecasts(worker.writer)
        rebuild_analytics(worker)
        _audit(worker.writer, swept, actor)
    return swept


def _standing(connection: Connection, phase: Phase) -> RunRow:
    runs = latest_runs(connection, phase.name, limit=1)
    if not runs or runs[0].status != "succeeded":
        state = f"is {runs[0].status}" if runs else "was never run here"
        raise PhaseRefused(
            f"Phase {phase.name} {state}, so there is nothing finished to sweep.",
            remedy=f"Run or continue it: `atlas migrate run {phase.alias}` reads every row too.",
        )
    return runs[0]


def _audit(connection: Connection, swept: SweptPhase, actor: str) -> None:
    written = sum(item.written for item in swept.tables.values())
    audit.record(
        connection,
        Subject("phase_runs", str(swept.run.id)),
        actor=actor,
        action="sweep_phase",
        reason=f"{written} rows differed, {swept.removed} were gone",
    )
