"""Takes a phase back: what it made goes, what was born since is archived, what people decided stays. One transaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg import sql as compose

from atlas_workflows import audit
from atlas_workflows.audit import Subject
from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.db.schema import current
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import PhaseRefused
from atlas_workflows.migration.ledger.edited import archive_workflows, edited_workflows
from atlas_workflows.migration.movement.capture import captured_tables, remove_capture
from atlas_workflows.migration.movement.target import SCHEMA, Target, read_target
from atlas_workflows.migration.movement.tenants import read_tenancy, resolve_scope
from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.request import Scope
from atlas_workflows.migration.runs.locks import phase_lock
from atlas_workflows.settings import Settings
from atlas_workflows.site import utc_now

# Sealed values go with the rows that refer to them; they have no source columns of their own.
SECRETS = "secrets"
SURVEYED = ("workflow_evidence", "organization_events")


@dataclass(frozen=True, slots=True)
class RolledBack:
    """Rows removed and rows archived, per table; with `executed` False these are what would be."""

    executed: bool
    organizations: int | None
    removed: Mapping[str, int] = field(default_factory=dict)
    archived: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "executed": self.executed,
            "organizations": self.organizations,
            "removed": dict(self.removed),
            "archived": dict(self.archived),
        }


@dataclass(frozen=True, slots=True)
class Retreat:
    """What a rollback works with."""

    connection: Connection
    target: Target
    phase: Phase
    organizations: list[str] | None
    actor: str
    reason: str
    at: datetime

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "phase": self.phase.name,
            "organizations": self.organizations,
            "at": self.at,
            "run_id": None,
            "everything": self.organizations is None,
        }


def roll_back(
    phase: Phase,
    scope: Scope,
    *,
    dsn: str,
    settings: Settings | None = None,  # noqa: ARG001 - the call shape of run_phase; later phases unseal with it
    execute: bool = False,
    actor: str = "operator",
    reason: str = "",
    now: Callable[[], datetime] = utc_now,
) -> RolledBack:
    """Count what would go, or with `execute` do it. Raises PhaseRefused while a later phase stands for anybody in scope."""
    if current(dsn) is None:
        raise PhaseRefused(f"Phase {phase.name} was never run here.", remedy="There is nothing to roll back.")
    with connect(dsn, application_name="atlas-rollback", autocommit=True) as connection:
        tenants = resolve_scope(scope, read_tenancy(connection, None).organizations)
        act_as_migration(connection)
        organizations = None if tenants.covered is None else sorted(tenants.covered)
        retreat = Retreat(connection, read_target(connection), phase, organizations, actor, reason, now())
        with phase_lock(connection, phase.name):
            _insist_nothing_stands_on_it(retreat)
            return _execute(retreat) if execute else _count(retreat)


def _insist_nothing_stands_on_it(retreat: Retreat) -> None:
    found = retreat.connection.execute(sql("migration/rollback/later_phases"), retreat.facts).fetchall()
    if found:
        named = ", ".join(f"{phase} for {number} organizations" for phase, number in found)
        raise PhaseRefused(
            f"Phase {retreat.phase.name} cannot be rolled back: {named} stands on it.",
            remedy=f"Roll back {found[-1][0]} first.",
        )


def _count(retreat: Retreat) -> RolledBack:
    removed = {table: _number(retreat, "count_of_organizations", table) for table in _tables(retreat)}
    archived = {table: _number(retreat, "count_born", table) for table in retreat.target.traced}
    archived["workflows"] += len(_edited(retreat))
    return _result(retreat, removed, archived, executed=False)


def _execute(retreat: Retreat) -> RolledBack:
    removed, archived = {}, {}
    with retreat.connection.transaction():
        edited = _edited(retreat)
        archive_workflows(
            retreat.connection, edited, reason="edited after the migration", run_id=None, at=retreat.at
        )
        for table in retreat.target.traced:
            archived[table] = _archive_born(retreat, table)
        archived["workflows"] += len(edited)
        for table in _tables(retreat):
            removed[table] = _delete(retreat, table)
        for statement in ("mark_rolled_back", "roll_back_organizations", "roll_back_runs"):
            retreat.connection.execute(sql(f"migration/rollback/{statement}"), retreat.facts)
        _audit(retreat, sum(removed.values()))
    _uncapture(retreat)
    return _result(retreat, removed, archived, executed=True)


def _tables(retreat: Retreat) -> tuple[str, ...]:
    return (*retreat.target.traced, SECRETS, *SURVEYED)


def _edited(retreat: Retreat) -> list[str]:
    return edited_workflows(retreat.connection, organizations=retreat.organizations)


def _archive_born(retreat: Retreat, table: str) -> int:
    statement = sql("migration/rollback/archive_born").format(
        table=compose.Identifier(SCHEMA, table), key=compose.Identifier(retreat.target.keys[table][0])
    )
    return retreat.connection.execute(statement, retreat.facts | {"table_name": table}).rowcount


def _delete(retreat: Retreat, table: str) -> int:
    statement = sql("migration/rollback/delete_of_organizations")
    composed = statement.format(table=compose.Identifier(SCHEMA, table))
    return retreat.connection.execute(composed, retreat.facts).rowcount


def _number(retreat: Retreat, name: str, table: str) -> int:
    statement = sql(f"migration/rollback/{name}").format(table=compose.Identifier(SCHEMA, table))
    row = retreat.connection.execute(statement, retreat.facts).fetchone()
    return int(row[0]) if row else 0


def _audit(retreat: Retreat, rows: int) -> None:
    scope = "everything" if retreat.organizations is None else f"{len(retreat.organizations)} organizations"
    audit.record(
        retreat.connection,
        Subject("organization_phases", retreat.phase.name),
        actor=retreat.actor,
        action="roll_back_phase",
        reason=f"{retreat.reason} ({scope}, {rows} rows)",
    )


def _uncapture(retreat: Retreat) -> None:
    """Nobody needs the changes once the phase stands for nobody."""
    row = retreat.connection.execute(
        sql("migration/rollback/organizations_standing"), retreat.facts
    ).fetchone()
    if row is not None and row[0] == 0:
        remove_capture(retreat.connection, [item.table for item in captured_tables(retreat.connection)])


def _result(
    retreat: Retreat, removed: Mapping[str, int], archived: Mapping[str, int], *, executed: bool
) -> RolledBack:
    return RolledBack(
        executed=executed,
        organizations=None if retreat.organizations is None else len(retreat.organizations),
        removed={table: rows for table, rows in removed.items() if rows},
        archived={table: rows for table, rows in archived.items() if rows},
    )
