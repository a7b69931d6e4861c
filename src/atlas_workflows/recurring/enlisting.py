"""Keeps the sweep's list in step with what is published: new and changed schedules enter it, those with a DAG of their own leave."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import AtlasError
from atlas_workflows.recurring.entry import Entry
from atlas_workflows.recurring.occasion import Recurring
from atlas_workflows.recurring.standing import Cursor, cursors, place
from atlas_workflows.recurring.survey import dags_shown, find_entries, swept_organizations
from atlas_workflows.schedule.decisions import next_due
from atlas_workflows.schedule.occurrences import Schedule
from atlas_workflows.schedule.spec import parse_spec
from atlas_workflows.worker.messages import json_text

Entries = dict[Recurring, Entry]


def enlist(connection: Connection, now: datetime) -> tuple[int, int]:
    """Take up what the sweep has to start and let go of the rest; how many of either."""
    published = {which_of(entry): entry for entry in find_entries(connection, now, with_names=False)}
    known = {Recurring(c.organization, c.workflow, c.trigger): c for c in cursors(connection)}
    chosen = swept_organizations(connection, list(published.values()), now)
    wanted = {which: entry for which, entry in published.items() if entry.organization in chosen}
    leaving = {which for which, cursor in known.items() if cursor.version is not None and which not in wanted}
    wanted |= _not_handed_over(connection, {which: published[which] for which in leaving & published.keys()})
    fresh = [(e, known.get(which)) for which, e in wanted.items() if not _stands(e, known.get(which))]
    gone = leaving - wanted.keys()
    _execute(connection, "recurring/enlist", (_row(entry, cursor, now) for entry, cursor in fresh))
    _execute(connection, "recurring/dismiss", map(place, gone))
    return len(fresh), len(gone)


def _not_handed_over(connection: Connection, leaving: Entries) -> Entries:
    """Those that get a DAG and have none yet: whatever comes due until then is the sweep's."""
    shown = dags_shown(connection) if leaving else set()
    return {which: entry for which, entry in leaving.items() if entry.dag_id not in shown}


def next_of(entry: Entry, now: datetime, after: datetime | None) -> datetime | None:
    """When the sweep decides it next; None where nothing comes, or its schedule cannot be read."""
    try:
        schedule = Schedule(parse_spec(entry.schedule), workflow_id=entry.workflow)
        found = next_due(schedule, now, after=after, not_before=entry.since)
    except AtlasError:
        return None
    return None if found is None else found.at


def which_of(entry: Entry) -> Recurring:
    """Which schedule an entry is about."""
    return Recurring(entry.organization, entry.workflow, entry.trigger)


def _stands(entry: Entry, cursor: Cursor | None) -> bool:
    return cursor is not None and (cursor.version, cursor.active_since) == (entry.version, entry.since)


def _row(entry: Entry, cursor: Cursor | None, now: datetime) -> dict[str, object]:
    soon = next_of(entry, now, None if cursor is None else cursor.decided_through)
    return place(which_of(entry)) | {
        "workflow_version": entry.version,
        "active_since": entry.active_since,
        "next_due_at": soon and soon.isoformat(),
    }


def _execute(connection: Connection, statement: str, schedules: Iterable[Mapping[str, object]]) -> None:
    given = list(schedules)
    if given:
        connection.execute(sql(statement), {"schedules": json_text(given)})
