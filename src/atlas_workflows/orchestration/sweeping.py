"""What the first task of `engine_sweep` does, as plain functions: promote, settle drains, and share a backlog out."""

from dataclasses import dataclass

from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.db.tables import read_catalog
from atlas_workflows.migration.cutover.drain import settle_drains
from atlas_workflows.site import Site
from atlas_workflows.worker.shares import shares_of


@dataclass(frozen=True, slots=True)
class Reaped:
    """What was found: executions made ready, workflows still draining, the backlog and the tasks it needs."""

    promoted: int
    draining: int
    backlog: int
    shares: list[int]


def reap_and_plan(site: Site) -> Reaped:
    """Safe to repeat, and beside any number of workers."""
    from atlas_workflows.store.executions import PostgresExecutions
    from atlas_workflows.store.sessions import open_pool

    pool = open_pool(site.dsn, 1)
    try:
        promoted = PostgresExecutions(pool).promote()
    finally:
        pool.close()
    with site.connect("sweep", autocommit=True) as connection:
        act_as_migration(connection)
        draining = settle_drains(connection, read_catalog(connection), None, site.now())
        backlog = int(scalar(connection, sql("engine/backlog")))
    return Reaped(promoted, len(draining), backlog, list(range(shares_of(backlog))))
