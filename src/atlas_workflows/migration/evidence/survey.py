"""Reads the evidence: one pass over executions, one over steps, counts of the CRM's own rows. Writes and locks nothing."""

import time
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar, cast

from psycopg import errors
from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql
from atlas_workflows.db.tables import Catalog
from atlas_workflows.migration.evidence.findings import (
    Head,
    Observed,
    Started,
    Steps,
    added,
    counted_steps,
    window_until,
)

Rows = Generator[tuple[Any, ...], None, None]
Taken = TypeVar("Taken")
EXECUTIONS, STEPS, WORKFLOWS = "workflow_executions", "workflow_execution_steps", "workflows"
# What takes longer is given up: its part of the evidence is unknown then, and the step says so.
STATEMENT_SECONDS, SURVEY_SECONDS = 120.0, 300.0
WORK_MEMORY = "64MB"
_TENANTS = ("organization_id", "org_id")
_TIMES = ("created_at", "submitted_at", "booked_at", "inserted_at")
_JSON = ("jsonb", "json")
_STEP_COLUMNS = ("execution_steps", "execution_log")
# Given up without a word of its own: what the old tables hold cannot be read that way, or not in time.
_GIVEN_UP = (errors.QueryCanceled, errors.DataError, errors.InsufficientPrivilege, errors.UndefinedFunction)


@dataclass(frozen=True, slots=True)
class EventTable:
    """A CRM table whose rows are events; `details` are columns that tell them apart, `only` a column that must be set."""

    kind: str
    table: str
    details: tuple[str, ...] = ()
    only: str = ""
    inbound: bool = False


EVENT_TABLES = (
    EventTable("lead", "leads", ("source", "lead_source")),
    EventTable("form", "leads", ("form_id",), only="form_id"),
    *(
        EventTable("form", table, ("form_id", "form_type"))
        for table in ("form_submissions", "forms_submissions", "form_responses", "lead_form_submissions")
    ),
    *(
        EventTable("booking", table)
        for table in ("bookings", "appointments", "class_bookings", "call_bookings", "calendar_events")
    ),
    EventTable("client", "clients"),
    EventTable("message", "messages", inbound=True),
)


@dataclass(frozen=True, slots=True)
class Survey:
    """What was observed, and which parts were given up."""

    observed: Observed
    given_up: tuple[str, ...] = ()


class _Reader:
    """Runs the survey's statements, each in a short read-only transaction of its own."""

    def __init__(self, connection: Connection, catalog: Catalog, statement_seconds: float) -> None:
        self.connection = connection
        self.catalog = catalog
        self.statement_seconds = statement_seconds
        self.given_up: list[str] = []
        self.ends_at = time.monotonic() + SURVEY_SECONDS

    def rows(
        self,
        name: str,
        parts: Mapping[str, compose.Composable],
        parameters: Mapping[str, Any] | None,
        what: str,
    ) -> list[tuple[Any, ...]]:
        """All rows of a statement; none where it was given up, which is noted under `what`."""
        return self.taken(name, parts, parameters, what, list) or []

    def taken(
        self,
        name: str,
        parts: Mapping[str, compose.Composable],
        parameters: Mapping[str, Any] | None,
        what: str,
        take: Callable[[Iterator[tuple[Any, ...]]], Taken],
    ) -> Taken | None:
        """What `take` makes of the rows as they come, so that memory need not hold them; None where the statement was given up."""
        try:
            statement = sql(f"migration/evidence/{name}").format(**parts)
            with (
                self._transaction(),
                self.connection.cursor() as cursor,
                # Closed before the transaction: a stream that stands still holds the session.
                closing(cast(Rows, cursor.stream(statement, parameters))) as found,
            ):
                return take(found)
        except _GIVEN_UP:
            self.given_up.append(what)
            return None

    def table(self, name: str) -> compose.Identifier:
        return compose.Identifier(self.catalog.schema, name)

    def column(
        self, table: str, names: Sequence[str], alias: str, otherwise: str = "NULL"
    ) -> compose.Composable:
        """The first of these columns that the table has, else what stands for none."""
        there = self.catalog.columns(table)
        found = next((name for name in names if name in there), None)
        return compose.SQL(otherwise) if found is None else compose.Identifier(alias, found)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self.connection.transaction():
            self.connection.execute("SET TRANSACTION READ ONLY")
            self.connection.execute(
                "SELECT set_config('statement_timeout', %s, true), set_config('work_mem', %s, true)",
                [f"{self._milliseconds_left()}ms", WORK_MEMORY],
            )
            yield

    def _milliseconds_left(self) -> int:
        left = min(self.statement_seconds, self.ends_at - time.monotonic())
        return max(1, round(left * 1000))  # 0 would mean no limit at all


def survey_history(
    connection: Connection, catalog: Catalog, now: datetime, statement_seconds: float = STATEMENT_SECONDS
) -> Survey:
    """Look at the history as it is; needs an autocommit session. The window ends with the latest row there is."""
    reader = _Reader(connection, catalog, statement_seconds)
    until = _latest(reader, now)
    window = {"since": window_until(until or now), "until": until or now}
    observed = Observed(
        since=window["since"],
        until=until,
        heads=_heads(reader),
        started=_started(reader, window),
        steps=_steps(reader),
        days=_days(reader, window),
        deliveries=_deliveries(reader, window),
    )
    return Survey(observed, tuple(reader.given_up))


def _event_tables(reader: _Reader) -> Iterator[tuple[EventTable, str, str]]:
    """Those there are, with their tenant and time columns."""
    for source in EVENT_TABLES:
        there = reader.catalog.columns(source.table)
        tenant = next((name for name in _TENANTS if name in there), None)
        at = next((name for name in _TIMES if there.get(name, "").startswith("timestamp")), None)
        needed = {source.only} - {""} | ({"direction"} if source.inbound else set())
        if tenant and at and needed <= there.keys():
            yield source, tenant, at


def _latest(reader: _Reader, now: datetime) -> datetime | None:
    places = {(source.table, at) for source, _, at in _event_tables(reader)}
    if "started_at" in reader.catalog.columns(EXECUTIONS):
        places.add((EXECUTIONS, "started_at"))
    found = []
    for table, column in sorted(places):
        parts = {"table": reader.table(table), "column": compose.Identifier(column)}
        rows = reader.rows("latest", parts, {"now": now}, f"the latest row of {table}")
        found += [moment for (moment,) in rows if isinstance(moment, datetime)]
    return max((_aware(moment, now) for moment in found), default=None)


def _aware(moment: datetime, now: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)


def _heads(reader: _Reader) -> tuple[Head, ...]:
    there = reader.catalog.columns(WORKFLOWS)
    if "status" in there:
        is_live: compose.Composable = compose.SQL("workflow.status::text = 'active'")
    else:
        is_live = reader.column(WORKFLOWS, ("active", "is_active"), "workflow", "false")
    parts = {
        "table": reader.table(WORKFLOWS),
        "organization": reader.column(WORKFLOWS, _TENANTS, "workflow"),
        "is_live": is_live,
        "trigger_type": reader.column(WORKFLOWS, ("trigger_type",), "workflow"),
        "trigger_config": reader.column(WORKFLOWS, ("trigger_config", "trigger_conditions"), "workflow"),
        "created": reader.column(WORKFLOWS, ("created_at",), "workflow"),
    }
    return tuple(Head(*row) for row in reader.rows("workflows", parts, None, "the workflows' heads"))


def _started(reader: _Reader, window: Mapping[str, datetime]) -> dict[str, dict[str, Started]]:
    there = reader.catalog.columns(EXECUTIONS)
    if "workflow_id" not in there:
        return {}
    parts = {
        "table": reader.table(EXECUTIONS),
        "started": reader.column(EXECUTIONS, ("started_at", "created_at"), "source"),
        "status": reader.column(EXECUTIONS, ("status",), "source"),
        "starter": reader.column(EXECUTIONS, ("triggered_by",), "source"),
        "document": _document(reader),
    }
    found: dict[str, dict[str, Started]] = defaultdict(dict)
    for workflow, mark, *counts in reader.rows("executions", parts, window, "what started executions"):
        found[workflow][mark] = Started(*counts)
    return found


def _document(reader: _Reader) -> compose.Composable:
    """The event of an execution: its trigger data, where that is empty its input."""
    there = reader.catalog.columns(EXECUTIONS)
    names = [name for name in ("trigger_data", "input_data") if there.get(name) in _JSON]
    columns = [
        compose.SQL("nullif({}::jsonb, '{{}}'::jsonb)").format(compose.Identifier("source", name))
        for name in names
    ]
    return compose.SQL("coalesce({})").format(compose.SQL(", ").join([*columns, compose.SQL("NULL::jsonb")]))


def _steps(reader: _Reader) -> Mapping[str, Steps]:
    executions, steps = reader.catalog.columns(EXECUTIONS), reader.catalog.columns(STEPS)
    if "workflow_id" not in executions:
        return {}
    found: list[Mapping[str, Steps] | None] = []
    column = next((name for name in _STEP_COLUMNS if executions.get(name) in _JSON), None)
    if column is not None:
        document = compose.SQL("{}::jsonb").format(compose.Identifier("source", column))
        parts = {"table": reader.table(EXECUTIONS), "steps": document}
        found.append(reader.taken("steps_in_rows", parts, None, "steps inside executions", counted_steps))
    if {"execution_id", "node_id", "status"} <= steps.keys():
        parts = {"table": reader.table(EXECUTIONS), "steps": reader.table(STEPS)}
        found.append(reader.taken("steps_in_table", parts, None, "the table of steps", counted_steps))
    return added([each for each in found if each])


def _days(
    reader: _Reader, window: Mapping[str, datetime]
) -> dict[tuple[str, str], dict[str, dict[date, int]]]:
    found: dict[tuple[str, str], dict[str, dict[date, int]]] = defaultdict(lambda: defaultdict(dict))
    for source, tenant, at in _event_tables(reader):
        parts = {
            "table": reader.table(source.table),
            "organization": compose.Identifier("event", tenant),
            "column": compose.Identifier(at),
            "detail": reader.column(source.table, source.details, "event"),
            "condition": _condition(source),
        }
        for organization, detail, day, count in reader.rows(
            "events", parts, window, f"events of {source.table}"
        ):
            by_day = found[organization, source.kind][detail]
            by_day[day] = by_day.get(day, 0) + count
    return found


def _condition(source: EventTable) -> compose.Composable:
    if source.only:
        return compose.SQL("{} IS NOT NULL").format(compose.Identifier("event", source.only))
    return compose.SQL("event.direction::text = 'inbound'" if source.inbound else "true")


def _deliveries(reader: _Reader, window: Mapping[str, datetime]) -> dict[str, datetime]:
    if not {"workflow_id", "last_triggered_at"} <= reader.catalog.columns("webhook_triggers").keys():
        return {}
    parts = {"table": reader.table("webhook_triggers")}
    return dict(reader.rows("deliveries", parts, window, "deliveries of webhooks"))
