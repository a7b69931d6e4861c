"""`atlas flags`: show and set feature flags, for everybody or for one organization; every change is audited."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Column, Table

from atlas_workflows.db.connect import connect
from atlas_workflows.db.schema_errors import explained
from atlas_workflows.errors import InputError
from atlas_workflows.rollout.evaluation import all_flags, declare_known_flags, evaluation, require_flag
from atlas_workflows.rollout.flags import Flag, FlagValue, Override, is_expired, parse_value
from atlas_workflows.rollout.ports import FlagStore
from atlas_workflows.rollout.postgres import PostgresFlags
from atlas_workflows.site import crm_site

app = typer.Typer(no_args_is_help=True, help="Show and set feature flags per organization.")
console = Console(stderr=True)

Dsn = Annotated[str | None, typer.Option("--dsn", help="The database; default ATLAS_CRM_DSN.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
Organization = Annotated[str | None, typer.Option("--organization", help="Its id; without it, everybody.")]
By = Annotated[str, typer.Option("--by", help="Who sets it; kept in the audit log.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept in the audit log.")]


@app.command("list")
def list_(dsn: Dsn = None, organization: Organization = None, as_json: AsJson = False) -> None:
    """Show the flags; with --organization the values that hold for it and where they come from."""
    now = datetime.now(UTC)
    with _store(dsn, writes=False) as store:
        shown = [_described(store, flag, organization, now) for flag in all_flags(store)]
    if as_json:
        print(json.dumps(shown, indent=2, default=str))
        return
    # A key is there to be copied, so it is never folded.
    table = Table(Column("flag", no_wrap=True), "value", "from", "by", "when", "why", "expires")
    for entry in shown:
        table.add_row(
            entry["key"],
            _text(entry["value"]),
            entry["source"],
            *_signature(entry),
            str(entry["expires_at"] or ""),
        )
        for organization_id, held in entry["set_for"].items():
            table.add_row(f"  {organization_id}", _text(held["value"]), "override", *_signature(held), "")
    Console().print(table)


@app.command("set")
def set_(
    key: str,
    value: str,
    by: By,
    reason: Reason,
    dsn: Dsn = None,
    organization: Organization = None,
) -> None:
    """Set a flag for one organization, or its default for everybody."""
    with _store(dsn, writes=True) as store:
        flag = require_flag(store, key)
        parsed = parse_value(key, flag.type, value)
        if organization is None:
            store.put_flag(replace(flag, default=parsed), actor=by, reason=reason)
        else:
            store.set_override(Override(key, _id(organization), parsed, by, reason, datetime.now(UTC)))
    console.print(f"{key} is {_text(parsed)} for {organization or 'everybody without a value of its own'}.")


@app.command()
def clear(
    key: str,
    organization: Annotated[str, typer.Option("--organization", help="Whose value is forgotten.")],
    by: By,
    reason: Reason,
    dsn: Dsn = None,
) -> None:
    """Forget an organization's own value; cohort and default hold again."""
    with _store(dsn, writes=True) as store:
        flag = require_flag(store, key)
        found = store.clear_override(key, _id(organization), actor=by, reason=reason)
        value = evaluation(store, flag.key, _id(organization), now=datetime.now(UTC)).value
    told = "has no value of its own any more" if found else "had no value of its own"
    console.print(f"{organization} {told}; {key} is {_text(value)} for it.")


@contextmanager
def _store(dsn: str | None, *, writes: bool) -> Iterator[FlagStore]:
    address = crm_site(dsn).dsn
    with explained(address), connect(address, application_name="atlas-flags", autocommit=True) as connection:
        store = PostgresFlags(connection)
        if writes:
            declare_known_flags(store, actor="atlas flags")
        yield store


def _described(store: FlagStore, flag: Flag, organization: str | None, now: datetime) -> dict[str, Any]:
    value: FlagValue = flag.default
    source = "expired" if is_expired(flag, now=now) else "default"
    if organization is not None:
        held = evaluation(store, flag.key, _id(organization), now=now)
        value, source = held.value, held.source.value
    overrides = store.overrides(flag.key)
    return {
        "key": flag.key, "type": flag.type.value, "value": value, "source": source, "owner": flag.owner,
        "expires_at": flag.expires_at.isoformat() if flag.expires_at else None, "reason": flag.reason,
        "description": flag.description, **_last_set(store, flag),
        "overrides": {str(override.organization_id): override.value for override in overrides},
        "set_for": {
            str(override.organization_id): {
                "value": override.value, "set_by": override.set_by, "set_at": override.set_at.isoformat(),
                "why": override.reason,
            }
            for override in overrides
        },
    }  # fmt: skip


def _last_set(store: FlagStore, flag: Flag) -> dict[str, Any]:
    """Who set what holds for everybody, when and why; a flag that nobody has touched is as it was declared."""
    change = store.last_change(flag.key)
    if change is None:
        return {"set_by": flag.owner, "set_at": None, "why": flag.reason}
    return {"set_by": change.actor, "set_at": change.at.isoformat(), "why": change.reason}


def _signature(entry: dict[str, Any]) -> tuple[str, str, str]:
    return entry["set_by"], (entry["set_at"] or "")[:16].replace("T", " "), entry["why"]


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as cause:
        raise InputError(f"{text} is no organization id.", remedy="Give its uuid.") from cause


def _text(value: FlagValue) -> str:
    return json.dumps(value, default=str)
