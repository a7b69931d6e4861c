"""Phase 2 without preflight, backup and suites: the steps that change owners, as tests of the cutover run them."""

from dataclasses import replace
from pathlib import Path

from moving_phase import OPTIONS
from plain_source import settings_at

from atlas_workflows.db.connect import connect
from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.request import Parked, Scope
from atlas_workflows.migration.rollback import RolledBack, roll_back
from atlas_workflows.migration.runs.outcome import RunResult
from atlas_workflows.migration.runs.run import run_phase
from atlas_workflows.site import Site
from atlas_workflows.store.sign_offs import read_awaiting, sign

STEPS = ("expand", "decide", "cutover", "watch", "finish")
NO_WATCH = replace(OPTIONS, watch_minutes=0, actor="ana")


def sign_some(dsn: str, *, all_but: int = 5) -> None:
    """Accept every change of meaning, but for those of a few workflows."""
    with connect(dsn, application_name="test", autocommit=True) as connection:
        waiting = read_awaiting(connection)
        assert len(waiting) > 2 * all_but
        for item in waiting[all_but:]:
            sign(connection, item.workflow_id, (), by="ana", reason="trial")


def core_phase() -> Phase:
    """Under its real name, so that runs and rollback are those of phase 2."""
    return replace(phase_named("p2"), steps=STEPS)


def cut_over(dsn: str, home: Path, *organizations: str) -> RunResult:
    """Cut these organizations over, or everybody."""
    return run_phase(core_phase(), Site(dsn, settings_at(home)), scope=Scope(organizations), options=NO_WATCH)


def go_back(dsn: str, *organizations: str, execute: bool = True, parked: Parked = "finish") -> RolledBack:
    """Roll phase 2 back for these organizations, or for everybody."""
    return roll_back(
        core_phase(),
        Scope(organizations),
        dsn=dsn,
        execute=execute,
        actor="ana",
        reason="trial",
        parked=parked,
    )
