"""Forecasts of the triggers of migrated workflows: made from stored evidence, stored beside it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from atlas_workflows.db.acting import acting_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.exact_json import dumps_text, loads
from atlas_workflows.legacy.evidence.events import Asked
from atlas_workflows.legacy.evidence.forecast import Events, forecast


@dataclass(frozen=True, slots=True)
class Trigger:
    """What the forecast of a trigger is made of, and the one that is stored, as text."""

    workflow_id: str
    trigger_key: str
    organization_id: str
    event_kind: str | None
    event_details: list[str] | None
    is_certain: bool
    messages_low: int
    messages_high: int
    forecast: str | None

    @property
    def asked(self) -> Asked | None:
        return Asked.recorded(self.event_kind, self.event_details, self.is_certain)


def store_forecasts(connection: Connection) -> int:
    """Bring every trigger's forecast to what is known now; returns how many changed."""
    with acting_as_migration(connection):
        events = _events(connection)
        counted = {kind for of_one in events.values() for kind, _ in of_one}
        changed = []
        for trigger in rows(connection, Trigger, sql("migration/evidence/read_triggers")):
            messages = (trigger.messages_low, trigger.messages_high)
            found = forecast(trigger.asked, messages, events.get(trigger.organization_id, {}), counted)
            told = None if found is None else found.to_json()
            if told != (None if trigger.forecast is None else loads(trigger.forecast)):
                text = None if told is None else dumps_text(told)
                changed.append(
                    {"workflow_id": trigger.workflow_id, "trigger_key": trigger.trigger_key, "forecast": text}
                )
        with connection.cursor() as cursor:
            cursor.executemany(sql("migration/evidence/write_forecast"), changed)
    return len(changed)


def _events(connection: Connection) -> Mapping[str, Events]:
    found: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
    for organization, kind, detail, count in connection.execute(sql("migration/evidence/read_events")):
        found[organization][kind, detail] = count
    return found
