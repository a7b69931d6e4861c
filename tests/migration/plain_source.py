"""A small legacy side and a plain translation of it, to test the machinery apart from the translator."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg

from atlas_workflows.db.connect import connect
from atlas_workflows.db.tables import read_catalog
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.legacy.reasons import Reason, ReasonCode
from atlas_workflows.legacy.records import Outcome, RowsOutcome, SideTable, SourceRow, SourceTable, Tenancy
from atlas_workflows.legacy.source.shapes import detect_shape
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.movement.source import Source
from atlas_workflows.migration.movement.tenants import read_tenancy, resolve_scope
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.request import RunOptions, Scope
from atlas_workflows.migration.runs.records import insert_run
from atlas_workflows.settings import Settings
from atlas_workflows.site import Site

# Fixed, so that a process of its own seals and hashes alike.
KEY = "c3R1dmVyc3R1dmVyc3R1dmVyc3R1dmVyc3R1dmVyISE="
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

SCHEMA = """
CREATE TABLE organizations (id uuid PRIMARY KEY, name text);
CREATE TABLE workflows (
    id uuid PRIMARY KEY, organization_id uuid, name text, nodes jsonb DEFAULT '[]', edges jsonb DEFAULT '[]',
    created_at timestamptz DEFAULT '2025-01-02 03:04:05.678901+00', updated_at timestamptz DEFAULT '2025-02-03 04:05:06+00'
);
CREATE TABLE workflow_triggers (id uuid PRIMARY KEY, workflow_id uuid, trigger_type text);
"""


def workflow_rows(row: SourceRow, tenancy: Tenancy) -> RowsOutcome:
    """One workflow and one trigger per side row; rows of unknown organizations are quarantined."""
    organization = row.columns["organization_id"] or tenancy.assumed
    if organization is None or organization not in tenancy.organizations:
        reason = Reason(ReasonCode.ORGANIZATION_MISSING, "organization_id", "No organization.")
        return RowsOutcome(Outcome.QUARANTINED, None, reasons=(reason,))
    triggers = [trigger_row(member, row.id, organization) for member in row.side.get("triggers", ())]
    workflow = {
        "id": row.id,
        "organization_id": organization,
        "name": row.columns["name"],
        "definition": dumps_text({"nodes": row.columns["nodes"]}),
        "created_at": row.columns["created_at"],
        "updated_at": row.columns["updated_at"],
        "source_table": row.table,
        "source_id": row.id,
    }
    return RowsOutcome(
        Outcome.MIGRATED,
        organization,
        rows={"workflows": [workflow], "workflow_triggers": triggers},
        holds_secret="secret" in (row.columns["nodes"] or ""),
    )


def trigger_row(member: Mapping[str, str | None], workflow_id: str, organization: str) -> dict[str, Any]:
    return {
        "id": member["id"],
        "workflow_id": workflow_id,
        "organization_id": organization,
        "trigger_key": member["id"],
        "trigger_type": member["trigger_type"],
        "trigger_name": "Trigger",
        "created_at": None,
        "source_table": "workflows",
        "source_id": workflow_id,
    }


def trigger_rows(row: SourceRow, tenancy: Tenancy) -> RowsOutcome:
    """Folded into the workflow that has it."""
    parent = row.columns["workflow_id"]
    return RowsOutcome(Outcome.SKIPPED, None, parent=("workflows", parent) if parent else None)


TABLES = (
    SourceTable(
        "workflows", workflow_rows, sides=(SideTable("triggers", "workflow_triggers", "workflow_id"),)
    ),
    SourceTable("workflow_triggers", trigger_rows),
)


def open_public(dsn: str, *, autocommit: bool = True) -> psycopg.Connection[Any]:
    """A session as the old application has it (the test's superuser is called atlas, like our schema)."""
    return psycopg.connect(dsn, autocommit=autocommit, options="-c search_path=public")


def make_legacy(dsn: str, organizations: int = 2, workflows: int = 30) -> list[str]:
    """Create the tables and rows; every workflow has one trigger. Returns the organizations."""
    ids = [str(UUID(int=0xA000 + number)) for number in range(organizations)]
    with open_public(dsn) as connection:
        connection.execute(SCHEMA)
        for organization in ids:
            connection.execute("INSERT INTO organizations VALUES (%s, 'Gym')", [organization])
        for number in range(workflows):
            add_workflow(connection, ids[number % organizations], number)
    return ids


def add_workflow(
    connection: psycopg.Connection[Any], organization: str | None, number: int, nodes: str = "[]"
) -> str:
    key = str(UUID(int=0xB000000000 + number * 7919 % 100_003))
    connection.execute(
        "INSERT INTO workflows (id, organization_id, name, nodes) VALUES (%s, %s, %s, %s)",
        [key, organization, f"Workflow {number}", nodes],
    )
    connection.execute(
        "INSERT INTO workflow_triggers VALUES (%s, %s, 'new_lead')",
        [str(UUID(int=0xC000000000 + number)), key],
    )
    return key


def settings_at(home: Path) -> Settings:
    from atlas_workflows.settings import ROOT

    return Settings(root=ROOT, home=home, crm_dsn=None, pg_bin=None, secret_keys=(KEY,))


def new_context(dsn: str, home: Path, *, scope: Scope | None = None, **options: Any) -> PhaseContext:
    """A context whose run is recorded."""
    chosen = RunOptions(**{"throttle": False, "backup": False, "rehearse": False} | options)
    context = PhaseContext(uuid4(), phase_named("p1"), scope or Scope(), chosen, Site(dsn, settings_at(home)))
    with connect(dsn, application_name="test", autocommit=True) as connection:
        insert_run(connection, context.run_id, context.phase, context.scope, chosen, NOW)
    return context


def plain_source(context: PhaseContext) -> Source:
    """The source with the plain translation."""
    with context.connect("test", autocommit=True) as connection:
        catalog = read_catalog(connection)
        tenancy = read_tenancy(connection, context.options.assume_organization)
    return Source(
        catalog=catalog,
        shape=detect_shape(catalog),
        tables=TABLES,
        tenancy=tenancy,
        tenants=resolve_scope(context.scope, tenancy.organizations),
    )
