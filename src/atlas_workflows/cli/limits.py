"""`atlas limits …`: how many executions may start, and how much may be sent, per organization, workflow and kind."""

from dataclasses import asdict
from typing import Annotated

import typer

from atlas_workflows.cli.execution_words import show
from atlas_workflows.cli.support import Actor, AsJson, Dsn, Organization, Reason, an_id, print_json, session
from atlas_workflows.errors import InputError
from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.store.limits import (
    Per,
    at_once_limits,
    connector_limits,
    limit_connector,
    limit_starts,
    start_limits,
)
from atlas_workflows.store.steering import By

app = typer.Typer(no_args_is_help=True, help="Limits on starts and on what is sent.")


@app.command("list")
def list_limits(organization: Organization, dsn: Dsn = None, as_json: AsJson = False) -> None:
    """List the limits of an organization and how far they are used."""
    owner = an_id(organization, "organization")
    with session(dsn) as connection:
        starts, sending = start_limits(connection, owner), connector_limits(connection, owner)
        at_once = at_once_limits(connection, owner)
    if as_json:
        print_json(
            {
                "starts": [asdict(each) for each in starts],
                "at_once": [asdict(each) for each in at_once],
                "connectors": [asdict(each) for each in sending],
            }
        )
        return
    show(
        f"{each.workflow or 'all workflows'}: {each.limit_value} starts a {each.per}; {each.count} in the window of {each.window_start}"
        for each in starts
    )
    show(
        f"{each.workflow}: {each.at_once} executions at once, as its published version says; {each.under_way} under way, {each.waiting} wait"
        for each in at_once
    )
    show(
        f"{each.kind}: {each.at_once or 'any number'} at once, {each.per_minute or 'any number'} a minute"
        for each in sending
    )


@app.command("starts")
def set_starts(
    organization: Organization,
    per: Annotated[Per, typer.Option(help="The window, aligned to UTC.")],
    by: Actor,
    reason: Reason,
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="At most so many.")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Take the limit away.")] = False,
    workflow: Annotated[
        str | None, typer.Option(metavar="ID", help="Of this workflow; else of all together.")
    ] = None,
    dsn: Dsn = None,
) -> None:
    """Limit how many executions start in a window. What is over it is queued for the next window with room."""
    if clear == (limit is not None):
        raise InputError("Say what the limit is.", remedy="Give --limit N, or only --clear.")
    named = None if workflow is None else an_id(workflow, "workflow")
    with session(dsn) as connection:
        limit_starts(connection, an_id(organization, "organization"), named, per, limit, By(by, reason))
    print("The limit is gone." if clear else "The limit is set.")


@app.command("connector")
def set_connector(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="A node type, such as send_email.")],
    organization: Organization,
    by: Actor,
    reason: Reason,
    at_once: Annotated[int | None, typer.Option(min=1, metavar="N", help="At most so many at once.")] = None,
    per_minute: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="At most so many a minute.")
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Take the limit away.")] = False,
    dsn: Dsn = None,
) -> None:
    """Limit what is sent of a kind. What is over it waits in the ledger as intended; nothing is dropped."""
    if clear == bool(at_once or per_minute):
        raise InputError(
            "Say what the limit is.", remedy="Give --at-once, --per-minute or both, or only --clear."
        )
    kinds = [found.name for found in load_catalogue().nodes.values() if found.effect is not Effect.NONE]
    owner = an_id(organization, "organization")
    with session(dsn) as connection:
        limit_connector(
            connection, owner, kind, kinds, at_once=at_once, per_minute=per_minute, by=By(by, reason)
        )
    print("The limit is gone." if clear else "The limit is set.")
