"""Who the tenants are, and which of them a run is about."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg import DataError, errors
from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import relation_exists, scalars
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import InputError
from atlas_workflows.legacy.records import Tenancy
from atlas_workflows.migration.request import Scope, is_uuid
from atlas_workflows.rollout.cohorts import PHASES, Cohort, membership

TEMPLATES = "workflow_templates"
TENANT_COLUMNS = ("organization_id", "org_id")
# Where the shapes keep nodes; linear ones have none.
GRAPHS = ("flow.nodes::jsonb", "(flow.workflow_data::jsonb) -> 'nodes'", "NULL::jsonb")
USER_TABLES = (("auth", "users"), ("public", "users"))


@dataclass(frozen=True, slots=True)
class Tenants:
    """The organizations a run covers; None means all, and then rows without an organization belong to it too."""

    covered: frozenset[str] | None

    def covers(self, organization_id: str | None) -> bool:
        return self.covered is None or organization_id in self.covered


def read_tenancy(connection: Connection, assumed: str | None) -> Tenancy:
    """Organizations and users as they are now. Raises InputError when the assumed organization does not exist."""
    organizations = _ids(connection, "public", "organizations")
    if assumed is not None:
        _require_known(organizations, (assumed,))
    users = frozenset[str]().union(*(_ids(connection, *table) for table in USER_TABLES))
    templates = (
        _ids(connection, "public", TEMPLATES) if relation_exists(connection, f"public.{TEMPLATES}") else None
    )
    return Tenancy(
        organizations=organizations,
        users=users,
        assumed=assumed,
        templates=templates,
        zones=_zones(connection),
        private_templates=dict(_rows(connection, sql("migration/movement/private_templates"))),
        endpoints=contested(named_endpoints(connection)),
    )


def resolve_scope(scope: Scope, organizations: frozenset[str]) -> Tenants:
    """Turn names and a percentage into organizations. Raises InputError naming those that do not exist."""
    if scope.is_everything:
        return Tenants(None)
    named = tuple(item.lower() for item in scope.organizations)
    _require_known(organizations, named)
    chosen = frozenset(named) or organizations
    if scope.percent is not None:
        cohort = Cohort(PHASES, Decimal(scope.percent))
        chosen = frozenset(item for item in chosen if membership(cohort, UUID(item)).included)
    return Tenants(chosen)


def _require_known(organizations: frozenset[str], named: tuple[str, ...]) -> None:
    missing = [item for item in named if not is_uuid(item) or item.lower() not in organizations]
    if missing:
        raise InputError(
            f"No organization {', '.join(missing)} in this database ({len(organizations)} exist).",
            remedy="Take an id from public.organizations, or leave --organization out to cover all.",
            missing=missing,
        )


def _zones(connection: Connection) -> dict[str, str]:
    """The organizations' own time zones, in databases that keep them."""
    try:
        with connection.transaction():
            return dict(connection.execute(sql("migration/movement/organization_zones")).fetchall())
    except (errors.UndefinedTable, errors.UndefinedColumn, errors.InsufficientPrivilege):
        return {}


def named_endpoints(connection: Connection) -> list[tuple[str, str]]:
    """(endpoint, organization) of every webhook that is registered or configured; who comes first keeps it."""
    found = _rows(connection, sql("migration/movement/registered_endpoints"))
    statement = sql("migration/movement/configured_endpoints")
    for tenant in TENANT_COLUMNS:
        for graph in GRAPHS:
            columns = {"tenant": compose.Identifier(tenant), "graph": compose.SQL(graph)}
            found += _rows(connection, statement.format(**columns))
    return found


def contested(named: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    """The owner of every endpoint that more than one organization names."""
    owners: dict[str, str] = {}
    several = set()
    for endpoint, organization in named:
        if owners.setdefault(endpoint, organization or "") != (organization or ""):
            several.add(endpoint)
    return {endpoint: owners[endpoint] for endpoint in sorted(several)}


def _rows(connection: Connection, statement: compose.SQL | compose.Composed) -> list[tuple[Any, ...]]:
    """The rows; none where this variant of the old tables has nothing of the kind."""
    try:
        with connection.transaction():
            return connection.execute(statement).fetchall()
    except (errors.UndefinedTable, errors.UndefinedColumn, errors.InsufficientPrivilege, DataError):
        return []


def _ids(connection: Connection, schema: str, table: str) -> frozenset[str]:
    statement = compose.SQL("SELECT id::text FROM {}").format(compose.Identifier(schema, table))
    try:
        with connection.transaction():
            return frozenset(scalars(connection, statement))
    except (errors.UndefinedTable, errors.InvalidSchemaName, errors.UndefinedColumn):
        return frozenset()
    except errors.InsufficientPrivilege:
        # Users only serve to explain wrong tenants; a role without access to them migrates as well.
        if table == "organizations":
            raise
        return frozenset()
