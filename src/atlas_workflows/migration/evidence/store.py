"""Keeps a survey's findings in schema atlas, and reads back what translation wants to know of them."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from psycopg import errors

from atlas_workflows.db.acting import acting_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql
from atlas_workflows.exact_json import dumps_text, loads
from atlas_workflows.legacy.graph.rows import uuid_or_none
from atlas_workflows.legacy.records import Row
from atlas_workflows.migration.evidence.findings import Found

_WORKFLOWS = (
    "legacy_id", "organization_id", "column_type", "seen", "executions", "by_hand", "started_by_event",
    "started_recently", "failed", "subjects_recently", "last_started_at", "events_low", "events_high", "steps",
    "classes", "observed_until",
)  # fmt: skip
_ROWS = f"COPY pg_temp.atlas_surveyed ({', '.join(_WORKFLOWS)}) FROM STDIN"
_COUNTS = "COPY pg_temp.atlas_counted (organization_id, kind, detail, events) FROM STDIN"


def store(
    connection: Connection,
    found: Iterable[Found],
    events: Mapping[tuple[str, str, str], int],
    until: datetime | None,
) -> None:
    """Bring the stored evidence to these findings; rows that say the same already are not touched."""
    with acting_as_migration(connection):
        for name in ("surveyed", "counted"):
            connection.execute(sql(f"migration/evidence/{name}"))
        with connection.cursor() as cursor:
            with cursor.copy(_ROWS.encode()) as copy:
                for item in found:
                    copy.write_row(_row(item, until))
            with cursor.copy(_COUNTS.encode()) as copy:
                for (organization, kind, detail), count in events.items():
                    if uuid_or_none(organization):
                        copy.write_row((organization, kind, detail, count))
        for name in ("write_workflows", "forget_workflows", "write_events", "forget_events"):
            connection.execute(sql(f"migration/evidence/{name}"))


def _row(item: Found, until: datetime | None) -> tuple[object, ...]:
    head, started = item.head, item.by_event
    return (
        head.id, uuid_or_none(head.organization_id), head.trigger_type, str(item.seen), item.executions, item.by_hand,
        started.executions, started.recently, started.failed, started.subjects, started.last_at, *item.events,
        dumps_text({node: dict(times) for node, times in sorted(item.steps.items())}),
        dumps_text(dict(item.evidence.to_row())), until,
    )  # fmt: skip


def read_evidence(connection: Connection) -> dict[str, Row]:
    """The classes that the last survey found, by workflow; empty where none was made here."""
    try:
        with acting_as_migration(connection):
            rows = connection.execute(sql("migration/evidence/stored")).fetchall()
    except (errors.UndefinedTable, errors.InvalidSchemaName, errors.InsufficientPrivilege):
        return {}
    return {id_: loads(classes) for id_, classes in rows}


def rows_of(found: Iterable[Found]) -> dict[str, Row]:
    """The same straight from the findings, where nothing may be stored."""
    return {item.head.id: item.evidence.to_row() for item in found}
