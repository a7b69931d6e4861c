"""Looks in the database for the workflows that recur, and keeps the snapshots made of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.sql import Identifier

from atlas_workflows import exact_json
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import relation_exists, rows, scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.db.tables import read_catalog
from atlas_workflows.recurring.entry import Entry, entry_of
from atlas_workflows.recurring.snapshot import Snapshot, read_snapshot
from atlas_workflows.rollout.evaluation import evaluations
from atlas_workflows.rollout.flags import Source
from atlas_workflows.rollout.known import TRANSLATED_SCHEDULES
from atlas_workflows.rollout.postgres import PostgresFlags

KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Published:
    """A schedule trigger as its published version has it; `is_published_here`: made here, or published by a person since."""

    organization: str
    workflow: str
    name: str
    version: int
    trigger: str
    published_at: datetime
    active_since: datetime
    schedule: str | None
    is_published_here: bool


def is_ready(connection: Connection) -> bool:
    """Whether schema atlas is there and knows recurring workflows."""
    return relation_exists(connection, "atlas.recurring_snapshots")


def take_snapshot(connection: Connection, now: datetime) -> Snapshot:
    """Every recurring workflow as it is published now; the session must act as the migration."""
    return Snapshot(tuple(find_entries(connection, now)))


def find_entries(connection: Connection, now: datetime, workflow: str | None = None) -> list[Entry]:
    """The entries of all workflows, or of one. Translated schedules wait until their organization's flag lets them."""
    found = rows(connection, Published, sql("recurring/published"), {"workflow": workflow})
    since = let_since(connection, {each.organization for each in found if not each.is_published_here}, now)
    names = _names(connection) if found else {}
    let = [_let(each, since) for each in found if each.is_published_here or each.organization in since]
    return [_entry(each, names, now) for each in let]


def let_since(
    connection: Connection, organizations: Collection[str], now: datetime
) -> dict[str, datetime | None]:
    """Which of these organizations let their translated schedules fire, and since when; None: by the flag's own value."""
    if not organizations:
        return {}
    flags, asked = PostgresFlags(connection), [UUID(organization) for organization in organizations]
    answers = evaluations(flags, TRANSLATED_SCHEDULES.key, asked, now=now)
    set_at = {item.organization_id: item.set_at for item in flags.overrides(TRANSLATED_SCHEDULES.key)}
    return {
        str(organization): set_at[organization] if answer.source is Source.OVERRIDE else None
        for organization, answer in answers.items()
        if answer.value is True
    }


def keep_snapshot(connection: Connection, snapshot: Snapshot) -> None:
    """Keep it for every other component; forget those that nobody can need any more."""
    connection.execute(sql("recurring/keep"), {"version": snapshot.version, "content": snapshot.text()})
    connection.execute(sql("recurring/forget"), {"kept": KEPT})


def kept_snapshot(connection: Connection, version: str) -> Snapshot | None:
    """The snapshot of that version; None where it is forgotten. Raises SnapshotDamaged."""
    text = scalar(connection, sql("recurring/kept"), {"version": version})
    return None if text is None else read_snapshot(text, f"{version} in atlas.recurring_snapshots")


def _let(each: Published, since: Mapping[str, datetime | None]) -> Published:
    """What was due before its organization let it fire is nobody's to catch up with."""
    at = None if each.is_published_here else since[each.organization]
    return each if at is None else replace(each, active_since=max(each.active_since, at))


def _names(connection: Connection) -> dict[str, str]:
    columns = read_catalog(connection).columns("organizations")
    if not {"id", "name"} <= columns.keys():
        return {}
    table = Identifier("public", "organizations")
    statement = sql("recurring/organization_names").format(table=table)
    return {organization: name for organization, name in connection.execute(statement) if name}


def _entry(each: Published, names: dict[str, str], now: datetime) -> Entry:
    return entry_of(
        organization=each.organization,
        organization_name=names.get(each.organization),
        workflow=each.workflow,
        name=each.name,
        version=each.version,
        trigger=each.trigger,
        published_at=each.published_at,
        active_since=each.active_since,
        schedule=None if each.schedule is None else exact_json.loads_plain(each.schedule),
        year=now.year,
    )
