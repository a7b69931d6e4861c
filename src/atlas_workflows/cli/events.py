"""`atlas events …`: what happened in the CRM as the engine knows it, and the database triggers that note it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

import typer

from atlas_workflows.audit import Subject, record
from atlas_workflows.db.acting import acting_as_migration
from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.db.schema_errors import explained
from atlas_workflows.errors import InputError
from atlas_workflows.exact_json import dumps_text, loads_foreign
from atlas_workflows.settings import load_settings
from atlas_workflows.store import events

app = typer.Typer(no_args_is_help=True, help="List, emit and capture the events that start workflows.")

Dsn = Annotated[str | None, typer.Option("--dsn", help="The CRM database; default ATLAS_CRM_DSN.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON only.")]
Organization = Annotated[str, typer.Option("--organization", help="Whose event it is.")]
By = Annotated[str, typer.Option("--by", help="Who does it; kept in the audit log.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept in the audit log.")]


@app.command("list")
def list_events(
    organization: Annotated[str | None, typer.Option("--organization", help="Only of this one.")] = None,
    subject: Annotated[str | None, typer.Option("--subject", help="Only about this lead or client.")] = None,
    type_: Annotated[str | None, typer.Option("--type", help="Only of this type.")] = None,
    waiting: Annotated[bool, typer.Option("--waiting", help="Only what is not handled yet.")] = False,
    failed: Annotated[bool, typer.Option("--failed", help="Only what could not be handled.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 50,
    dsn: Dsn = None,
    as_json: AsJson = False,
) -> None:
    """List events, the newest first, and what came of them; handled ones are kept for 30 days."""
    whose = None if organization is None else _organization(organization)
    with _connection(dsn) as connection:
        found = events.list_events(connection, events.Wanted(whose, subject, type_, waiting, failed, limit))
    if as_json:
        print(dumps_text({"events": [asdict(event) for event in found]}))
        return
    for event in found:
        print(
            f"{event.occurred_at:%Y-%m-%d %H:%M:%S}  {event.type}  {event.subject or '-'}  {_came_of(event)}  {event.key}"
        )
    print(f"{len(found)} events.")


@app.command("emit")
def emit_event(
    type_: Annotated[
        str, typer.Argument(metavar="TYPE", help="A trigger type, or the name of an event of yours.")
    ],
    organization: Organization,
    by: By,
    reason: Reason,
    subject: Annotated[
        str | None, typer.Option("--subject", help="Id of the lead, client or contact.")
    ] = None,
    data: Annotated[str, typer.Option("--data", help="What the trigger says, as a JSON object.")] = "{}",
    key: Annotated[str | None, typer.Option("--key", help="The same key is the same event.")] = None,
    dsn: Dsn = None,
) -> None:
    """Say that something happened; workflows that listen for it start, and those that wait for it go on."""
    whose, facts = _organization(organization), _object(data)
    _require(by, reason)
    with _connection(dsn) as connection:
        is_new = events.emit(connection, whose, type_, subject, {"trigger": facts}, key=key)
        if is_new:
            about = Subject("event_outbox", key or type_)
            record(connection, about, actor=by, action="emit_event", reason=reason, organization_id=whose)
    print("Emitted." if is_new else "An event of this key is known already; nothing was emitted.")


@app.command()
def again(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The event's key.")],
    organization: Organization,
    by: By,
    reason: Reason,
    dsn: Dsn = None,
) -> None:
    """Let an event that could not be handled be handled again."""
    whose = _organization(organization)
    _require(by, reason)
    with _connection(dsn) as connection:
        events.handle_again(connection, whose, key)
        about = Subject("event_outbox", key)
        record(connection, about, actor=by, action="handle_event_again", reason=reason, organization_id=whose)
    print("It will be handled again.")


@app.command()
def captures(dsn: Dsn = None, as_json: AsJson = False) -> None:
    """List the CRM's tables that events come from, and changes that could not be noted."""
    with _connection(dsn) as connection:
        found, warnings = events.captures(connection), events.warnings(connection, 20)
    if as_json:
        document = {
            "tables": [asdict(each) for each in found],
            "warnings": [asdict(each) for each in warnings],
        }
        print(dumps_text(document))
        return
    _show(found)
    for warning in warnings:
        print(
            f"{warning.at:%Y-%m-%d %H:%M:%S}  {warning.operation} on {warning.source_table} could not be noted: "
            f"{warning.message} ({warning.sqlstate})"
        )


@app.command()
def capture(by: By, reason: Reason, dsn: Dsn = None) -> None:
    """Note changes of the CRM's tables as events from now on: one trigger per table, and nothing else of it changes."""
    _require(by, reason)
    with _session(dsn) as connection:
        found = events.install_capture(connection)
        _audit(connection, "capture_events", by, reason)
    _show(found)
    events.require_captured(found)


@app.command()
def release(by: By, reason: Reason, dsn: Dsn = None) -> None:
    """Note no more events: take the triggers off the CRM's tables."""
    _require(by, reason)
    with _session(dsn) as connection:
        tables = events.remove_capture(connection)
        _audit(connection, "release_events", by, reason)
    print(f"Released: {', '.join(tables) or 'nothing, no table was captured'}.")


@contextmanager
def _session(dsn: str | None) -> Iterator[Connection]:
    address = dsn or load_settings().require_crm_dsn()
    with explained(address), connect(address, application_name="atlas-events", autocommit=True) as connection:
        yield connection


@contextmanager
def _connection(dsn: str | None) -> Iterator[Connection]:
    """One transaction that sees every organization."""
    with _session(dsn) as connection, acting_as_migration(connection):
        yield connection


def _audit(connection: Connection, action: str, by: str, reason: str) -> None:
    with acting_as_migration(connection):
        record(connection, Subject("event_outbox", ""), actor=by, action=action, reason=reason)


def _show(found: list[events.Captured]) -> None:
    for each in found:
        state = "captured" if each.is_captured else f"not captured{f': {each.why}' if each.why else ''}"
        print(f"{each.table}  {state}")
    if not found:
        print("The database has none of the tables that events come from.")


def _came_of(event: events.Noted) -> str:
    if event.handled_at is None:
        return "waiting"
    if event.error is not None:
        return f"failed: {event.error}"
    caused = f", caused by execution {event.caused_by}" if event.caused_by else ""
    return f"started {event.started}, refused {event.refused}, told {event.told}{caused}"


def _require(by: str, reason: str) -> None:
    if not by.strip() or not reason.strip():
        raise InputError("It needs a name and a reason.", remedy="Add --by NAME --reason WHY.")


def _object(text: str) -> dict[str, Any]:
    found = loads_foreign(text)
    if not isinstance(found, dict):
        raise InputError("--data is no JSON object.", remedy="""Write --data '{"source": "website"}'.""")
    return found


def _organization(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError as cause:
        raise InputError("The organization is no id.", remedy="Give its UUID.") from cause
