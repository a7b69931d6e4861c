"""`atlas audience …`: saved queries of whom recurring workflows are about."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from atlas_workflows import exact_json
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
from atlas_workflows.cli.workflow_file import read_document
from atlas_workflows.db.connect import Connection
from atlas_workflows.errors import InputError
from atlas_workflows.integrations.crm.contact import names_of
from atlas_workflows.integrations.crm.people import Person
from atlas_workflows.integrations.crm.tables import read_crm
from atlas_workflows.recurring.audience.query import AudienceQuery, parse_query
from atlas_workflows.recurring.audience.saved import (
    Counted,
    Saved,
    count_audience,
    list_audiences,
    preview_audience,
    read_audience,
    remove_audience,
    save_audience,
)
from atlas_workflows.site import utc_now
from atlas_workflows.store.steering import By

app = typer.Typer(no_args_is_help=True, help="Saved queries of whom recurring workflows are about.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Of the saved query, such as trial-ended.")]
MaybeName = Annotated[str | None, typer.Argument(metavar="[NAME]", help="Of the saved query.")]
MaybeFile = Annotated[
    Path | None,
    typer.Option("--file", metavar="FILE", help="A query that is not saved, as JSON; - for standard input."),
]
At = Annotated[str | None, typer.Option("--at", metavar="TIME", help="As if asked then; now if absent.")]


@app.command()
def save(
    name: Name,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The query as JSON; - for standard input.")],
    organization: Organization,
    by: Actor,
    reason: Reason,
    revision: Annotated[
        int | None, typer.Option(metavar="N", help="To change one: its revision as you read it.")
    ] = None,
    dsn: Dsn = None,
    as_json: AsJson = False,
) -> None:
    """Save a query under a name, and say how many it finds now. Refused for everybody unless the query says so."""
    owner, raw = an_id(organization, "organization"), read_document(file)
    with session(dsn) as connection:
        done, counted = save_audience(connection, owner, name, raw, By(by, reason), utc_now(), revision)
    if as_json:
        print_json({"name": name, "revision": done, "found": counted.found, "everybody": counted.everybody})
        return
    print(f"Saved {name} at revision {done}. {_found(counted)}")


@app.command("list")
def list_(organization: Organization, dsn: Dsn = None, as_json: AsJson = False) -> None:
    """List the saved queries of an organization."""
    owner = an_id(organization, "organization")
    with session(dsn) as connection:
        found = list_audiences(connection, owner)
    if as_json:
        print_json({"audiences": [_as_json(each) for each in found]})
        return
    show(
        f"{each.name}  revision {each.revision}  {each.parsed.of}  saved by {each.saved_by} on {each.saved_at:%Y-%m-%d %H:%M}"
        for each in found
    )
    print(f"{len(found)} audiences.")


@app.command("show")
def show_(name: Name, organization: Organization, dsn: Dsn = None) -> None:
    """Show a saved query as JSON."""
    owner = an_id(organization, "organization")
    with session(dsn) as connection:
        print_json(_as_json(read_audience(connection, owner, name)))


@app.command()
def count(
    organization: Organization,
    name: MaybeName = None,
    file: MaybeFile = None,
    at: At = None,
    dsn: Dsn = None,
    as_json: AsJson = False,
) -> None:
    """Say how many a query finds, saved or in a file."""
    owner = an_id(organization, "organization")
    with session(dsn) as connection:
        query = _query(connection, owner, name, file)
        counted = count_audience(connection, owner, query, _moment(at))
    if as_json:
        print_json(counted)
        return
    print(_found(counted))


@app.command()
def preview(
    organization: Organization,
    name: MaybeName = None,
    file: MaybeFile = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="At most so many.")] = 20,
    at: At = None,
    dsn: Dsn = None,
    as_json: AsJson = False,
) -> None:
    """Show the first of those whom a query finds, by id and name."""
    owner = an_id(organization, "organization")
    with session(dsn) as connection:
        query = _query(connection, owner, name, file)
        table = read_crm(connection).need(query.of)
        found = preview_audience(connection, owner, query, _moment(at), limit)
    people = [Person(table, row.id, owner, exact_json.loads(row.content)) for row in found]
    if as_json:
        print_json({"found": [{"id": each.id, **names_of(each)} for each in people]})
        return
    show(f"{each.id}  {names_of(each).get('name', '')}" for each in people)


@app.command()
def remove(name: Name, organization: Organization, by: Actor, reason: Reason, dsn: Dsn = None) -> None:
    """Remove a saved query. Refused while a published workflow asks it."""
    owner = an_id(organization, "organization")
    with session(dsn) as connection:
        remove_audience(connection, owner, name, By(by, reason))
    print(f"{name} is removed.")


def _query(connection: Connection, organization: str, name: str | None, file: Path | None) -> AudienceQuery:
    if (name is None) == (file is None):
        raise InputError("Say which query.", remedy="Give the NAME of a saved one, or --file FILE.")
    return (
        parse_query(read_document(file))
        if file
        else read_audience(connection, organization, name or "").parsed
    )


def _moment(at: str | None) -> datetime:
    return an_instant(at) or utc_now()


def _found(counted: Counted) -> str:
    return f"It finds {counted.found} of {counted.everybody}."


def _as_json(each: Saved) -> dict[str, Any]:
    return {
        "name": each.name,
        "revision": each.revision,
        "query": exact_json.loads(each.query),
        "saved_by": each.saved_by,
        "saved_at": each.saved_at.isoformat(),
    }
