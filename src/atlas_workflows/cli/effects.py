"""`atlas effects …`: held, skipped and unknown ones, what a person decides about them, and writes taken back."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated

import typer

from atlas_workflows.cli.organization_option import (
    AsJson,
    By,
    Dsn,
    Organization,
    Reason,
    crm_session,
    organization_id,
    signed,
)
from atlas_workflows.db.connect import Connection
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.integrations.crm.undo import undo_write
from atlas_workflows.store.aside import Aside
from atlas_workflows.store.aside import held as find_held
from atlas_workflows.store.aside import skipped as find_skipped
from atlas_workflows.store.parked import Verdict, parked, resolve

app = typer.Typer(
    no_args_is_help=True,
    help="Show held, skipped and unknown effects, resolve unknown ones, take writes to the CRM back.",
)

Find = Callable[[Connection, str | None, int], list[Aside]]
One = Annotated[str | None, typer.Option("--organization", help="Only of this one.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="At most so many.")]


@app.command()
def unknown(
    organization: One = None,
    limit: Limit = 100,
    dsn: Dsn = None,
    as_json: AsJson = False,
) -> None:
    """List effects that wait for a person, the oldest first."""
    wanted = None if organization is None else organization_id(organization)
    with crm_session(dsn, "atlas-effects") as connection:
        found = parked(connection, wanted, limit)
    if as_json:
        print(dumps_text({"unknown": [asdict(item) for item in found]}))
        return
    for item in found:
        print(
            f"{item.since:%Y-%m-%d %H:%M:%S}  {item.kind}  {item.key}  {item.organization}  {item.error or ''}"
        )
    print(f"{len(found)} effects wait for a decision.")


@app.command("resolve")
def resolve_one(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The effect's key.")],
    organization: Organization,
    verdict: Annotated[Verdict, typer.Option("--as", help="It arrived; it did not; send it again.")],
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="How that is known; kept in the audit log.")],
    dsn: Dsn = None,
) -> None:
    """Decide about one effect; its execution goes on. Noted in the audit log."""
    with crm_session(dsn, "atlas-effects") as connection:
        resolve(connection, organization_id(organization), key, verdict, **signed(by, reason))
    print(f"Resolved as {verdict.value}.")


@app.command()
def undo(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The effect's key.")],
    organization: Organization,
    by: By,
    reason: Reason,
    dsn: Dsn = None,
) -> None:
    """Take back what one effect wrote to the CRM; what somebody changed since stays. Noted in the audit log.

    The step stays done and is not done again. Exit status: 0 all of it was taken back, 1 some of it was left as it is.
    """
    with crm_session(dsn, "atlas-effects") as connection:
        undone = undo_write(connection, organization_id(organization), key, **signed(by, reason))
    print(f"Took back {undone.taken_back} changes.")
    for where in undone.left:
        print(f"Changed since, and left as it is: {where}")
    if undone.left:
        raise typer.Exit(1)


@app.command()
def held(organization: One = None, limit: Limit = 100, dsn: Dsn = None, as_json: AsJson = False) -> None:
    """List messages that may not go yet, with until when and why; those that come up first at the top."""
    _show_aside("held", find_held, "until ", organization, limit, dsn, as_json)


@app.command()
def skipped(organization: One = None, limit: Limit = 100, dsn: Dsn = None, as_json: AsJson = False) -> None:
    """List messages that were not sent on purpose, with the reason; the latest at the top."""
    _show_aside("skipped", find_skipped, "", organization, limit, dsn, as_json)


def _show_aside(
    name: str, find: Find, before: str, organization: str | None, limit: int, dsn: str | None, as_json: bool
) -> None:
    wanted = None if organization is None else organization_id(organization)
    with crm_session(dsn, "atlas-effects") as connection:
        found = find(connection, wanted, limit)
    if as_json:
        print(dumps_text({name: [asdict(item) for item in found]}))
        return
    for item in found:
        words = f"{before}{item.at:%Y-%m-%d %H:%M:%S}  {item.kind}  {item.subject}  {item.key}"
        print(f"{words}  {item.organization}  {item.reason}")
    print(f"{len(found)} effects are {name}." if name == "held" else f"{len(found)} effects were {name}.")
