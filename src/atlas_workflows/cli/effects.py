"""`atlas effects …`: what nobody can tell of effects, what a person decides about them, and writes taken back."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

import typer

from atlas_workflows.db.connect import connect
from atlas_workflows.errors import InputError
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.integrations.crm.undo import undo_write
from atlas_workflows.settings import load_settings
from atlas_workflows.store.parked import Verdict, parked, resolve

app = typer.Typer(
    no_args_is_help=True, help="Effects that wait for a decision; what effects wrote to the CRM, taken back."
)

Dsn = Annotated[str | None, typer.Option("--dsn", help="The CRM database; default ATLAS_CRM_DSN.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON only.")]


@app.command()
def unknown(
    organization: Annotated[str | None, typer.Option("--organization", help="Only of this one.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 100,
    dsn: Dsn = None,
    as_json: AsJson = False,
) -> None:
    """List effects that wait for a person, the oldest first."""
    wanted = None if organization is None else _organization(organization)
    with connect(dsn or load_settings().require_crm_dsn(), application_name="atlas-effects") as connection:
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
    organization: Annotated[str, typer.Option("--organization", help="Whose it is.")],
    verdict: Annotated[Verdict, typer.Option("--as", help="It arrived; it did not; send it again.")],
    by: Annotated[str, typer.Option("--by", help="Who decides.")],
    reason: Annotated[str, typer.Option("--reason", help="How that is known.")],
    dsn: Dsn = None,
) -> None:
    """Decide about one effect; its execution goes on. Noted in the audit log."""
    _require_words(by, reason)
    address = dsn or load_settings().require_crm_dsn()
    with connect(address, application_name="atlas-effects", autocommit=True) as connection:
        resolve(connection, _organization(organization), key, verdict, by=by.strip(), reason=reason.strip())
    print(f"Resolved as {verdict.value}.")


@app.command()
def undo(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The effect's key.")],
    organization: Annotated[str, typer.Option("--organization", help="Whose it is.")],
    by: Annotated[str, typer.Option("--by", help="Who decides.")],
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
    dsn: Dsn = None,
) -> None:
    """Take back what one effect wrote to the CRM; what somebody changed since stays. Noted in the audit log.

    The step stays done and is not done again. Exit status: 0 all of it was taken back, 1 some of it stands.
    """
    _require_words(by, reason)
    address = dsn or load_settings().require_crm_dsn()
    with connect(address, application_name="atlas-effects", autocommit=True) as connection:
        undone = undo_write(
            connection, _organization(organization), key, by=by.strip(), reason=reason.strip()
        )
    print(f"Took back {undone.taken_back} changes.")
    for where in undone.left:
        print(f"Changed since, and left as it is: {where}")
    if undone.left:
        raise typer.Exit(1)


def _require_words(by: str, reason: str) -> None:
    if not by.strip() or not reason.strip():
        raise InputError("A decision needs a name and a reason.", remedy="Add --by NAME --reason WHY.")


def _organization(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError as cause:
        raise InputError("The organization is no id.", remedy="Give its UUID.") from cause
