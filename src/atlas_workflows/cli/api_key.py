"""`atlas api-key …`: keys to the HTTP API, made, listed and revoked."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from atlas_workflows.cli.execution_words import show
from atlas_workflows.cli.support import (
    Actor,
    AsJson,
    Dsn,
    Organization,
    Reason,
    an_id,
    an_instant,
    print_json,
    session,
)
from atlas_workflows.site import utc_now
from atlas_workflows.store.api_keys import SCOPES, ApiKey, create_key, list_keys, revoke_key
from atlas_workflows.store.steering import By

app = typer.Typer(no_args_is_help=True, help="Make, list and revoke keys to the HTTP API.")


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who uses it, such as website.")],
    organization: Organization,
    scope: Annotated[
        list[str], typer.Option("--scope", metavar="SCOPE", help=f"May be repeated: {', '.join(SCOPES)}.")
    ],
    by: Actor,
    reason: Reason,
    expires: Annotated[
        str | None, typer.Option("--expires", metavar="TIME", help="When it ends; never where left out.")
    ] = None,
    dsn: Dsn = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and show it. It is shown this once; what is kept does not give it back."""
    owner = an_id(organization, "organization")
    with session(dsn) as connection:
        kept, made = create_key(
            connection, owner, name, scope, By(by, reason), utc_now(), an_instant(expires)
        )
    if as_json:
        print_json({"key": made.text, **asdict(kept)})
        return
    print(made.text)
    print(f"Key {kept.id} ({kept.name}) opens {', '.join(kept.scopes)}. It is not shown again.")


@app.command("list")
def list_(
    organization: Organization,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="At most so many.")] = 100,
    dsn: Dsn = None,
    as_json: AsJson = False,
) -> None:
    """List an organization's keys, the newest first, with their last use; the keys themselves are kept nowhere."""
    with session(dsn) as connection:
        found = list_keys(connection, an_id(organization, "organization"), limit)
    if as_json:
        print_json({"keys": [asdict(key) for key in found]})
        return
    now = utc_now()
    show(line for key in found for line in _lines(key, now))
    print(f"{len(found)} keys, {sum(key.refusal(now) is None for key in found)} in force.")


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key's id.")],
    organization: Organization,
    by: Actor,
    reason: Reason,
    dsn: Dsn = None,
) -> None:
    """End a key; from the next request on it opens nothing."""
    owner, named = an_id(organization, "organization"), an_id(key, "key")
    with session(dsn) as connection:
        ended = revoke_key(connection, owner, named, By(by, reason), utc_now())
    print(f"{ended.name} is revoked.")


def _lines(key: ApiKey, now: datetime) -> Iterator[str]:
    state = key.refusal(now) or (
        f"In force until {key.expires_at:%Y-%m-%d %H:%M}." if key.expires_at else "In force."
    )
    used = f"last used {key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never used"
    yield f"{key.id}  {key.prefix}…  {key.name}: {', '.join(key.scopes)}"
    yield f"  {state} Made by {key.created_by} on {key.created_at:%Y-%m-%d %H:%M}, {used}."
