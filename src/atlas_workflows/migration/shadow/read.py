"""Reads what a shadow run needs, a batch of workflows at a time: definitions, recorded executions, the people they were about."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg import sql as compose

from atlas_workflows.db.acting import acting_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows, scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.db.tables import Catalog
from atlas_workflows.exact_json import loads
from atlas_workflows.legacy.graph.rows import uuid_or_none
from atlas_workflows.migration.movement.source import snapshot
from atlas_workflows.migration.shadow.history import ENDED, Recorded, recorded
from atlas_workflows.migration.shadow.people import contact_of

EXECUTIONS, STEPS = "workflow_executions", "workflow_execution_steps"
PEOPLE = ("leads", "clients", "contacts")
EVER = datetime(1970, 1, 1, tzinfo=UTC)
AT_ONCE = 500  # executions in memory with their steps
_JSON = ("jsonb", "json")


@dataclass(frozen=True, slots=True)
class Enhanced:
    """The enhanced side of a legacy workflow; `entries` are the reasons and changes recorded about it."""

    legacy_id: str
    workflow_id: str
    organization_id: str
    definition: str
    definition_hash: str
    source_hash: str | None
    entries: str
    is_live: bool


def read_enhanced(connection: Connection, ids: Sequence[str]) -> dict[str, Enhanced]:
    """By legacy id; what is quarantined has none."""
    with acting_as_migration(connection):
        found = rows(connection, Enhanced, sql("migration/shadow/definitions"), {"ids": list(ids)})
    return {item.legacy_id: item for item in found}


def read_organizations(connection: Connection, catalog: Catalog) -> dict[str, str]:
    """Names by id; none where the database keeps none."""
    if not {"id", "name"} <= catalog.columns("organizations").keys():
        return {}
    return dict(connection.execute(sql("migration/shadow/organizations")).fetchall())


class Past:
    """The recorded executions of a catalog's tables; reads only, and holds AT_ONCE of them at a time."""

    def __init__(self, connection: Connection, catalog: Catalog) -> None:
        self.connection, self.catalog = connection, catalog
        self.columns = catalog.columns(EXECUTIONS)
        self.started = self._one_of(EXECUTIONS, "source", ("started_at", "created_at"))

    @property
    def is_kept(self) -> bool:
        """Whether there are executions that say when they began and of which workflow they were."""
        return {"id", "workflow_id"} <= self.columns.keys() and self.started is not None

    def latest(self, now: datetime) -> datetime:
        """When the newest execution began; a copy that stands still has its 90 days too."""
        name = next((name for name in ("started_at", "created_at") if name in self.columns), None)
        if name is None:
            return now
        parts = {"table": self._table(EXECUTIONS), "column": compose.Identifier(name)}
        found = scalar(self.connection, sql("migration/evidence/latest").format(**parts), {"now": now})
        return found.replace(tzinfo=found.tzinfo or now.tzinfo) if isinstance(found, datetime) else now

    def executions(
        self, ids: Sequence[str], since: datetime, until: datetime
    ) -> Iterator[tuple[str, Recorded]]:
        """(workflow, execution), the newest of each workflow first."""
        yield from self._executions({"ids": list(ids), "since": since, "until": until, "ended": []})

    def unfinished(self, ids: Sequence[str]) -> Iterator[tuple[str, Recorded]]:
        """The same of those without an end, whenever they began; none where the table has no status."""
        if "status" not in self.columns:
            return
        given = {
            "ids": list(ids),
            "since": EVER,
            "until": datetime.max.replace(tzinfo=UTC),
            "ended": list(ENDED),
        }
        yield from self._executions(given)

    def _executions(self, given: Mapping[str, Any]) -> Iterator[tuple[str, Recorded]]:
        if not self.is_kept:
            return
        with snapshot(self.connection), self.connection.cursor(name="atlas_shadow") as cursor:
            cursor.itersize = AT_ONCE
            cursor.execute(self._statement(), given)
            while found := cursor.fetchmany(AT_ONCE):
                steps = self._steps([execution for _, execution, *_ in found])
                for workflow, id_, status, at, starter, event, context, error, own in found:
                    told = own if steps is None else steps.get(id_, [])
                    yield workflow, recorded(id_, status, at, starter, event, context, error, told)

    def _statement(self) -> compose.Composed:
        nothing = compose.SQL("NULL")
        told = next(
            (
                name
                for name in ("execution_steps", "execution_log", "results")
                if self.columns.get(name) in _JSON
            ),
            None,
        )
        return sql("migration/shadow/executions").format(
            table=self._table(EXECUTIONS),
            type=compose.SQL(self.columns["workflow_id"]),
            started=self.started or nothing,
            status=self._one_of(EXECUTIONS, "source", ("status",)) or nothing,
            starter=self._one_of(EXECUTIONS, "source", ("triggered_by",)) or nothing,
            document=self._event(),
            context=self._one_of(EXECUTIONS, "source", ("context", "input_data")) or nothing,
            error=self._one_of(EXECUTIONS, "source", ("error_message", "error")) or nothing,
            steps=compose.Identifier("source", told) if told else nothing,
        )

    def _event(self) -> compose.Composable:
        names = [name for name in ("trigger_data", "input_data") if self.columns.get(name) in _JSON]
        parts = [
            compose.SQL("nullif({}::jsonb, '{{}}'::jsonb)").format(compose.Identifier("source", name))
            for name in names
        ]
        return compose.SQL("coalesce({})").format(
            compose.SQL(", ").join([*parts, compose.SQL("NULL::jsonb")])
        )

    def _steps(self, ids: Sequence[str]) -> dict[str, list[Mapping[str, Any]]] | None:
        """Steps from their own table by execution; None where there is no such table."""
        there = self.catalog.columns(STEPS)
        if not {"execution_id", "node_id", "status"} <= there.keys():
            return None
        nothing = compose.SQL("NULL")
        statement = sql("migration/shadow/steps").format(
            table=self._table(STEPS),
            type=compose.SQL(there["execution_id"]),
            error=self._one_of(STEPS, "source", ("error", "error_message")) or nothing,
            started=self._one_of(STEPS, "source", ("started_at",)) or nothing,
            created=self._one_of(STEPS, "source", ("created_at",)) or nothing,
            ended=self._one_of(STEPS, "source", ("completed_at",)) or nothing,
        )
        found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for execution, node, status, error, at in self.connection.execute(statement, {"ids": list(ids)}):
            found[execution].append({"nodeId": node, "status": status, "error": error, "timestamp": at})
        return found

    def people(self, ids: Iterable[str]) -> dict[str, Mapping[str, Any]]:
        """Leads, clients and contacts of these ids, under the names that texts use."""
        wanted = sorted(set(ids))
        found: dict[str, Mapping[str, Any]] = {}
        for table in PEOPLE:
            kind = self.catalog.columns(table).get("id")
            missing = [id_ for id_ in wanted if id_ not in found and (kind != "uuid" or uuid_or_none(id_))]
            if kind is None or not missing:
                continue
            parts = {"table": self._table(table), "type": compose.SQL(kind)}
            statement = sql("migration/shadow/people").format(**parts)
            for id_, text in self.connection.execute(statement, {"ids": missing}):
                found[id_] = contact_of(loads(text))
        return found

    def _table(self, name: str) -> compose.Identifier:
        return compose.Identifier(self.catalog.schema, name)

    def _one_of(self, table: str, alias: str, names: Sequence[str]) -> compose.Composable | None:
        there = self.catalog.columns(table)
        found = next((name for name in names if name in there), None)
        return None if found is None else compose.Identifier(alias, found)
