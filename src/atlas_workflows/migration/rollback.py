"""Takes a phase back: its steps in reverse order, each by its own undo, all of them in one transaction."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from atlas_workflows import audit
from atlas_workflows.audit import Subject
from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.db.connect import connect
from atlas_workflows.db.rows import rows
from atlas_workflows.db.schema import current
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import PhaseRefused
from atlas_workflows.migration.backup.scratch import drop_abandoned
from atlas_workflows.migration.cutover.turning import turn_owners
from atlas_workflows.migration.movement.target import read_target
from atlas_workflows.migration.movement.tenants import read_tenancy, resolve_scope
from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.request import Parked, Scope
from atlas_workflows.migration.runs.locks import driving
from atlas_workflows.migration.undo import Rollback, Undo, Undone
from atlas_workflows.site import utc_now

# Since this revision everything a phase writes says which phase that was.
LINEAGE = "0008"


@dataclass(frozen=True, slots=True)
class RolledBack:
    """Rows removed and rows archived, per table, and what was given back; with `executed` False these are what would be.

    `kept` are sentences about what the old format cannot hold, and which therefore stays here.
    """

    executed: bool
    organizations: int | None
    removed: Mapping[str, int] = field(default_factory=dict)
    archived: Mapping[str, int] = field(default_factory=dict)
    given_back: Mapping[str, int] = field(default_factory=dict)
    kept: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "executed": self.executed,
            "organizations": self.organizations,
            "removed": dict(self.removed),
            "archived": dict(self.archived),
            "given_back": dict(self.given_back),
            "kept": list(self.kept),
        }


@dataclass(frozen=True, slots=True)
class LaterPhase:
    """A phase on top of ours: for how many organizations it stands, or else how its unfinished run does."""

    phase: str
    organizations: int
    status: str | None


def roll_back(
    phase: Phase,
    scope: Scope,
    *,
    dsn: str,
    execute: bool = False,
    actor: str = "operator",
    reason: str = "",
    parked: Parked = "finish",
    now: Callable[[], datetime] = utc_now,
) -> RolledBack:
    """Count what would go, or with `execute` do it.

    Raises PhaseRefused while a phase that does not come before this one is applied to anybody in scope, has rows there,
    or has a run that did not end; and while another process drives this phase, or one that stands on it.
    """
    _require_schema(phase, current(dsn))
    with connect(dsn, application_name="atlas-rollback", autocommit=True) as connection:
        tenants = resolve_scope(scope, read_tenancy(connection, None).organizations)
        drop_abandoned(connection)
        act_as_migration(connection)
        organizations = None if tenants.covered is None else sorted(tenants.covered)
        rollback = Rollback(
            connection, read_target(connection), phase, organizations, actor, reason, now(), parked
        )
        with driving(connection, phase):
            _require_nothing_on_top(rollback)
            return _execute(rollback) if execute else _count(rollback)


def _require_schema(phase: Phase, revision: str | None) -> None:
    if revision is None:
        raise PhaseRefused(f"Phase {phase.name} was never run here.", remedy="There is nothing to roll back.")
    if revision < LINEAGE:
        raise PhaseRefused(
            f"Schema atlas is at revision {revision}, which does not say which phase sealed which secret.",
            remedy="`atlas schema upgrade`, then repeat the rollback.",
        )


def _require_nothing_on_top(rollback: Rollback) -> None:
    phase = rollback.phase
    earlier = [phase.name, *(before.name for before in phase.earlier)]
    parameters = rollback.parameters | {"earlier": earlier}
    found = rows(rollback.connection, LaterPhase, sql("migration/rollback/later_phases"), parameters)
    if found:
        named = ", ".join(
            f"{later.phase} for {later.organizations} organizations" for later in found if later.organizations
        )
        begun = ", ".join(
            f"a run of {later.phase} is {later.status}" for later in found if not later.organizations
        )
        raise PhaseRefused(
            f"Phase {phase.name} cannot be rolled back: {', '.join(filter(None, (named, begun)))}.",
            remedy=f"Roll back {found[-1].phase} first.",
        )


def _undos(phase: Phase) -> Iterator[Undo]:
    """Of its steps, the last first."""
    return (kind.undo for kind in reversed(phase.kinds) if isinstance(kind.undo, Undo))


def _count(rollback: Rollback) -> RolledBack:
    undone = sum((undo.count(rollback) for undo in _undos(rollback.phase)), Undone())
    return _result(rollback, undone, executed=False)


def _execute(rollback: Rollback) -> RolledBack:
    undone = turn_owners(rollback.connection, lambda: _undone(rollback))
    for undo in _undos(rollback.phase):
        if undo.afterwards is not None:
            undo.afterwards(rollback)
    return _result(rollback, undone, executed=True)


def _undone(rollback: Rollback) -> Undone:
    undone = sum((undo.execute(rollback) for undo in _undos(rollback.phase)), Undone())
    rollback.execute("roll_back_runs")
    _audit(rollback, sum(undone.removed.values()))
    return undone


def _audit(rollback: Rollback, rows: int) -> None:
    scope = "everything" if rollback.organizations is None else f"{len(rollback.organizations)} organizations"
    audit.record(
        rollback.connection,
        Subject("organization_phases", rollback.phase.name),
        actor=rollback.actor,
        action="roll_back_phase",
        reason=f"{rollback.reason} ({scope}, {rows} rows)",
    )


def _result(rollback: Rollback, undone: Undone, *, executed: bool) -> RolledBack:
    return RolledBack(
        executed=executed,
        organizations=None if rollback.organizations is None else len(rollback.organizations),
        removed=dict(undone.removed),
        archived=dict(undone.archived),
        given_back=dict(undone.given_back),
        kept=undone.kept,
    )
