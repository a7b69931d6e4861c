"""Keeps a survey's findings in schema atlas, and reads back what translation wants to know of them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import errors

from atlas_workflows.db.acting import acting_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql
from atlas_workflows.exact_json import dumps_text, loads
from atlas_workflows.legacy.graph.rows import uuid_or_none
from atlas_workflows.legacy.records import Row
from atlas_workflows.migration.evidence.findings import Found
from atlas_workflows.secrets.masking import hide_secrets, looks_secret

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
                for (organization, kind, detail), count in _without_secrets(events).items():
                    if uuid_or_none(organization):
                        copy.write_row((organization, kind, detail, count))
        for name in ("write_workflows", "forget_workflows", "write_events", "forget_events"):
            connection.execute(sql(f"migration/evidence/{name}"))


def _without_secrets(events: Mapping[tuple[str, str, str], int]) -> Mapping[tuple[str, str, str], int]:
    """The counts with secrets hidden in what they are counted by."""
    found: Counter[tuple[str, str, str]] = Counter()
    for (organization, kind, detail), count in events.items():
        found[organization, kind, hide_secrets(detail)] += count
    return found


def _row(item: Found, until: datetime | None) -> tuple[object, ...]:
    head, started = item.head, item.by_event
    return (
        head.id, uuid_or_none(head.organization_id), None if head.trigger_type is None else hide_secrets(head.trigger_type), str(item.seen), item.executions, item.by_hand,
        started.executions, started.recently, started.failed, started.subjects, started.last_at, *item.events,
        _shown({node: dict(times) for node, times in sorted(item.steps.items())}),
        _shown(dict(item.evidence.to_row())), until,
    )  # fmt: skip


def _shown(document: Mapping[str, Any]) -> str:
    """JSON text without secrets; an id of a node may hold one, and then nothing is known of that step."""
    text = dumps_text(document)
    return dumps_text(_hidden(document)) if looks_secret(text) else text


def _hidden(value: Any) -> Any:
    if isinstance(value, str):
        return dumps_text(_hidden(loads(value))) if value[:1] in ("{", "[") else hide_secrets(value)
    if isinstance(value, Mapping):
        return {hide_secrets(str(key)): _hidden(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden(item) for item in value]
    return value


@dataclass(frozen=True, slots=True)
class StoredEvidence(Mapping[str, Row]):
    """By workflow, kept as text and read when asked for: as objects, every process would hold a kilobyte for each workflow."""

    texts: Mapping[str, str]

    def __getitem__(self, workflow: str) -> Row:
        found: Row = loads(self.texts[workflow])
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)

    def __len__(self) -> int:
        return len(self.texts)


def read_evidence(connection: Connection) -> Mapping[str, Row]:
    """The classes that the last survey found, by workflow; empty where none was made here."""
    try:
        with acting_as_migration(connection):
            return StoredEvidence(dict(connection.execute(sql("migration/evidence/stored"))))
    except (errors.UndefinedTable, errors.InvalidSchemaName, errors.InsufficientPrivilege):
        return {}


def rows_of(found: Iterable[Found]) -> dict[str, Row]:
    """The same straight from the findings, where nothing may be stored."""
    return {item.head.id: item.evidence.to_row() for item in found}
