"""Looks in the database for the workflows that recur, and keeps the snapshots made of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from psycopg.sql import Identifier

from atlas_workflows import exact_json
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import relation_exists, rows, scalar, scalars
from atlas_workflows.db.sql_files import sql
from atlas_workflows.db.tables import read_catalog
from atlas_workflows.recurring.entry import Entry, entry_of
from atlas_workflows.recurring.sharing import Bounds, swept
from atlas_workflows.recurring.snapshot import Snapshot, read_snapshot
from atlas_workflows.recurring.standing import cursors
from atlas_workflows.rollout.evaluation import evaluations
from atlas_workflows.rollout.flags import Source
from atlas_workflows.rollout.known import MOST_DAGS, MOST_TOGETHER, TRANSLATED_SCHEDULES
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
    audience: str | None
    is_published_here: bool


def is_ready(connection: Connection) -> bool:
    """Whether schema atlas is there and knows recurring workflows."""
    return relation_exists(connection, "atlas.recurring_schedules")


def told_of_errors(connection: Connection, workflow: str) -> list[str]:
    """The addresses that a workflow names for its errors; the session must act as the migration."""
    return scalars(connection, sql("recurring/told_of_errors"), {"workflow": workflow})


def take_snapshot(connection: Connection, now: datetime) -> Snapshot:
    """Every recurring workflow that has a DAG of its own, as it is published now; the session must act as the migration.

    What the sweep had in hand before begins after the last occurrence that was decided there.
    """
    entries = find_entries(connection, now)
    chosen = swept_organizations(connection, entries, now)
    decided = {(c.workflow, c.trigger): c.decided_through for c in cursors(connection)}
    return Snapshot(
        tuple(
            _begun_after(entry, decided.get((entry.workflow, entry.trigger)))
            for entry in entries
            if entry.organization not in chosen
        )
    )


def swept_organizations(connection: Connection, entries: Sequence[Entry], now: datetime) -> set[str]:
    """Whose schedules the sweep starts instead of DAGs of their own, as the flags of each organization say."""
    organizations = {UUID(entry.organization) for entry in entries}
    flags = PostgresFlags(connection)
    dags = evaluations(flags, MOST_DAGS.key, organizations, now=now)
    together = evaluations(flags, MOST_TOGETHER.key, organizations, now=now)
    bounds = {str(each): Bounds(int(dags[each].value), int(together[each].value)) for each in organizations}
    if all(len(entries) <= min(bound.most_dags, bound.most_together) for bound in bounds.values()):
        return set()
    return swept(entries, bounds, now)


def find_entries(
    connection: Connection, now: datetime, *workflows: str, with_names: bool = True
) -> list[Entry]:
    """The entries of all workflows, or of those given; names of organizations are for people."""
    found = find_published(connection, now, *workflows)
    names = organization_names(connection) if found and with_names else {}
    return [_entry(each, names, now) for each in found]


def find_published(connection: Connection, now: datetime, *workflows: str) -> list[Published]:
    """What entries are made from. Translated schedules wait until their organization's flag lets them."""
    found = rows(connection, Published, sql("recurring/published"), {"workflows": list(workflows) or None})
    since = let_since(connection, {each.organization for each in found if not each.is_published_here}, now)
    return [_let(each, since) for each in found if each.is_published_here or each.organization in since]


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


def dags_shown(connection: Connection) -> set[str]:
    """The DAGs of the snapshot that was the current one last."""
    version = scalar(connection, sql("recurring/current_version"))
    found = None if version is None else kept_snapshot(connection, version)
    return set() if found is None else {entry.dag_id for entry in found.entries}


def kept_snapshot(connection: Connection, version: str) -> Snapshot | None:
    """The snapshot of that version; None where it is forgotten. Raises SnapshotDamaged."""
    text = scalar(connection, sql("recurring/kept"), {"version": version})
    return None if text is None else read_snapshot(text, f"{version} in atlas.recurring_snapshots")


def _let(each: Published, since: Mapping[str, datetime | None]) -> Published:
    """What was due before its organization let it fire is nobody's to catch up with."""
    at = None if each.is_published_here else since[each.organization]
    return each if at is None else replace(each, active_since=max(each.active_since, at))


def organization_names(connection: Connection) -> dict[str, str]:
    columns = read_catalog(connection).columns("organizations")
    if not {"id", "name"} <= columns.keys():
        return {}
    table = Identifier("public", "organizations")
    statement = sql("recurring/organization_names").format(table=table)
    return {organization: name for organization, name in connection.execute(statement) if name}


def _begun_after(entry: Entry, decided: datetime | None) -> Entry:
    if decided is None or decided < entry.since:
        return entry
    return replace(entry, active_since=(decided + timedelta(microseconds=1)).astimezone(UTC).isoformat())


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
        audience=each.audience,
    )
