"""Analytics of finished executions, counted from the migrated history; what the old application reported stays beside.

A bucket is a workflow, a day and an hour in its organization's zone (UTC where that names none that exists), by the end
of the execution, else by its start; never by now. It is always counted anew from the executions there are, so counting
twice changes nothing. An execution of no workflow, or of one that was not migrated, is in no bucket.
"""

from collections.abc import Mapping

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalars
from atlas_workflows.db.sql_files import sql
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.migration.movement.worker import Worker
from atlas_workflows.time_zones import zone_names


def rebuild_analytics(worker: Worker) -> int:
    """Count anew for the organizations of the run; returns how many buckets were written."""
    covered = worker.source.tenants.covered
    parameters = {
        "organizations": None if covered is None else sorted(covered),
        "zones": dumps_text(_zones(worker.writer, worker.source.tenancy.zones)),
        "at": worker.now(),
    }
    with worker.writer.transaction():
        return worker.writer.execute(sql("migration/movement/rebuild_analytics"), parameters).rowcount


def _zones(connection: Connection, told: Mapping[str, str]) -> dict[str, str]:
    names = sorted(set(told.values()) & zone_names())
    known = set(scalars(connection, sql("migration/movement/known_zones"), {"names": names}) if names else ())
    return {organization: zone for organization, zone in told.items() if zone in known}
