"""`atlas sending …`: an organization's send policy: consent, quiet hours, business hours and frequency caps."""

from pathlib import Path
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
from atlas_workflows.cli.workflow_file import read_document
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.store.send_policies import read_policy, set_policy
from atlas_workflows.worker.sending.policy import DEFAULT, policy_from_text

app = typer.Typer(no_args_is_help=True, help="Show and set when an organization's messages may go out.")


@app.command()
def show(organization: Organization, dsn: Dsn = None, as_json: AsJson = False) -> None:
    """Show the policy that holds, with what is left out filled in."""
    with crm_session(dsn, "atlas-sending") as connection:
        found = read_policy(connection, organization_id(organization))
    policy = DEFAULT if found is None else policy_from_text(found.document)
    document = policy.model_dump(mode="json")
    if as_json:
        print(dumps_text({"policy": document, "set_by": found and found.set_by}))
        return
    print(
        "Nobody has set a policy; the defaults hold." if found is None else _set(found.set_by, found.reason)
    )
    for name, value in document.items():
        print(f"{name}: {dumps_text(value)}")


@app.command("set")
def set_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The policy as JSON; - for standard input.")],
    organization: Organization,
    by: By,
    reason: Reason,
    dsn: Dsn = None,
) -> None:
    """Set the whole policy; what it leaves out is as by default. Held messages are decided about anew."""
    document = dumps_text(read_document(file))
    with crm_session(dsn, "atlas-sending") as connection:
        anew = set_policy(connection, organization_id(organization), document, **signed(by, reason))
    print(f"Set. {anew} held messages are decided about anew.")


def _set(by: str, reason: str) -> str:
    return f"Set by {by}: {reason}"
