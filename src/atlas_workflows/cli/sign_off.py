"""`atlas sign-off`: accept a change of meaning so that a workflow may go live; without a workflow it lists what waits."""

from typing import Annotated

import typer

from atlas_workflows.db.connect import connect
from atlas_workflows.db.schema import current
from atlas_workflows.errors import InputError, PhaseRefused
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.migration.evidence.shown import Shown, read_shown, sentence_of
from atlas_workflows.migration.ledger.sign_off import Awaiting, Signed, read_awaiting, sign, sign_for_all
from atlas_workflows.site import crm_site

app = typer.Typer()


@app.command()
def sign_off(
    workflow: Annotated[
        str | None, typer.Argument(metavar="WORKFLOW", help="Its id; without it: list.")
    ] = None,
    organization: Annotated[
        str | None,
        typer.Option("--organization", help="Sign --code for all of its workflows that wait for it."),
    ] = None,
    code: Annotated[
        list[str] | None, typer.Option("--code", help="The change accepted; may be repeated. Default: all.")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="Who accepts it.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why it is accepted.")] = "",
    dsn: Annotated[str | None, typer.Option("--dsn", help="The CRM database; default ATLAS_CRM_DSN.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Sign a workflow's changes of meaning. The signature is void as soon as the source changes."""
    address = crm_site(dsn).dsn
    if current(address) is None:
        raise PhaseRefused("This database has no schema atlas.", remedy="Start with `atlas migrate run p1`.")
    with connect(address, application_name="atlas-sign-off", autocommit=True) as connection:
        if workflow is None and organization is None:
            _list(read_awaiting(connection), read_shown(connection), as_json)
            return
        if workflow is not None and organization is not None:
            raise InputError("A workflow or an organization, not both.", remedy="Leave out one of them.")
        if not by.strip() or not reason.strip():
            raise InputError("A signature needs a name and a reason.", remedy="Add --by NAME --reason WHY.")
        if workflow is None:
            _print_all(
                sign_for_all(connection, str(organization), code or (), by=by.strip(), reason=reason.strip()),
                as_json,
            )
            return
        signed = sign(connection, workflow.lower(), code or (), by=by.strip(), reason=reason.strip())
    if as_json:
        print(dumps_text(signed.to_json()))
    elif signed.outstanding:
        print(f"Signed. Still to sign: {', '.join(signed.outstanding)}.")
    else:
        print(f"All changes are signed; the workflow is {signed.status} now.")


def _print_all(signed: tuple[Signed, ...], as_json: bool) -> None:
    if as_json:
        print(dumps_text({"signed": [item.to_json() for item in signed]}))
        return
    waiting = sum(bool(item.outstanding) for item in signed)
    print(f"Signed for {len(signed)} workflows; {waiting} of them wait for other signatures.")


def _list(waiting: tuple[Awaiting, ...], shown: Shown, as_json: bool) -> None:
    if as_json:
        rows = [
            {"workflow_id": item.workflow_id, "organization_id": item.organization_id, "name": item.name,
             "outstanding": list(item.outstanding), "intended_status": item.intended_status,
             "evidence": list(shown.get(item.source_id, ()))}
            for item in waiting
        ]  # fmt: skip
        print(dumps_text({"awaiting": rows}))
        return
    for item in waiting:
        print(f"{item.workflow_id}  {', '.join(item.outstanding)}  {item.name}")
        for found in shown.get(item.source_id, ()):
            print(f"    {sentence_of(found)}")
    print(f"{len(waiting)} workflows wait for a signature.")
