"""Forecasts of the triggers of migrated workflows: made from stored evidence, stored beside it."""

from collections import defaultdict
from collections.abc import Mapping

from atlas_workflows.db.acting import acting_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql
from atlas_workflows.exact_json import dumps_text, loads
from atlas_workflows.legacy.evidence.events import Asked
from atlas_workflows.legacy.evidence.forecast import Events, forecast


def store_forecasts(connection: Connection) -> int:
    """Bring every trigger's forecast to what is known now; returns how many changed."""
    with acting_as_migration(connection):
        events = _events(connection)
        counted = {kind for of_one in events.values() for kind, _ in of_one}
        changed = []
        for row in connection.execute(sql("migration/evidence/read_triggers")).fetchall():
            workflow, key, organization, kind, details, is_certain, low, high, stored = row
            asked = (
                None if kind is None else Asked(kind, None if details is None else tuple(details), is_certain)
            )
            found = forecast(asked, (low, high), events.get(organization, {}), counted)
            told = None if found is None else found.to_json()
            if told != (None if stored is None else loads(stored)):
                text = None if told is None else dumps_text(told)
                changed.append({"workflow_id": workflow, "trigger_key": key, "forecast": text})
        with connection.cursor() as cursor:
            cursor.executemany(sql("migration/evidence/write_forecast"), changed)
    return len(changed)


def _events(connection: Connection) -> Mapping[str, Events]:
    found: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
    for organization, kind, detail, count in connection.execute(sql("migration/evidence/read_events")):
        found[organization][kind, detail] = count
    return found
