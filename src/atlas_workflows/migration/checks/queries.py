"""The batches of a suite as complete SQL texts: each query file with the run's organizations filled in."""

from typing import Any

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql_text
from atlas_workflows.db.tables import read_catalog
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.movement.tenants import read_tenancy, resolve_scope
from atlas_workflows.validation.data import Queries, filled_in
from atlas_workflows.validation.suites import Suite


def queries_of(suite: Suite, context: PhaseContext, connection: Connection) -> Queries:
    """One text per batch whose legacy table, if it needs one, exists."""
    parameters = _parameters(context, connection)
    tables = read_catalog(connection).tables
    texts = {
        batch.name: filled_in(connection, sql_text(f"validation/{suite.name}/{batch.name}"), parameters)
        for batch in suite.batches
        if batch.needs is None or batch.needs in tables
    }
    return Queries(context.dsn, texts)


def _parameters(context: PhaseContext, connection: Connection) -> dict[str, Any]:
    tenancy = read_tenancy(connection, context.options.assume_organization)
    covered = resolve_scope(context.scope, tenancy.organizations).covered
    return {
        "organizations": None if covered is None else sorted(covered),
        "organizations_that_exist": sorted(tenancy.organizations),
    }
