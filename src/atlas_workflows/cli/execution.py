"""`atlas execution …`: find, read, explain, cancel and replay executions."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from atlas_workflows.cli.execution_words import (
    explanation_lines,
    line_of,
    replay_lines,
    show,
    story_lines,
)
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
from atlas_workflows.errors import InputError
from atlas_workflows.integrations.crm.contact import read_contact
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.store.acting_steps import Today
from atlas_workflows.store.explanation import explain
from atlas_workflows.store.history import Wanted, find_executions, read_story
from atlas_workflows.store.steering import By, cancel, replay

app = typer.Typer(no_args_is_help=True, help="Find, read, explain, cancel and replay executions.")

Execution = Annotated[str, typer.Argument(metavar="EXECUTION", help="The execution's id.")]


@app.command("list")
def list_executions(
    organization: Organization,
    workflow: Annotated[str | None, typer.Option(metavar="ID", help="Only of this workflow.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only about this lead, client or contact.")] = None,
    outcome: Annotated[
        str | None,
        typer.Option(help="queued, running, completed, failed, cancelled, timeout or one of your own."),
    ] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="Only those begun since.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="At most so many.")] = 50,
    before: Annotated[
        str | None, typer.Option(metavar="PLACE", help="The next page: what the page before ended with.")
    ] = None,
    dsn: Dsn = None,
    as_json: AsJson = False,
) -> None:
    """List executions, the newest first."""
    wanted = Wanted(
        an_id(organization, "organization"),
        None if workflow is None else an_id(workflow, "workflow"),
        subject,
        outcome,
        an_instant(since),
        _place(before),
        limit,
    )
    with session(dsn) as connection:
        found = find_executions(connection, wanted)
    following = f"{found[-1].started_at.isoformat()}/{found[-1].execution}" if len(found) == limit else None
    if as_json:
        print_json({"executions": [asdict(each) for each in found], "before": following})
        return
    now = datetime.now(UTC)
    show(line_of(each, now) for each in found)
    more = f" More: --before {following}" if following else ""
    print(f"{len(found)} executions.{more}")


@app.command("show")
def show_execution(
    execution: Execution, organization: Organization, dsn: Dsn = None, as_json: AsJson = False
) -> None:
    """Show one execution: its steps with input, output, attempts, error and times, its effects, what it waits for."""
    with session(dsn) as connection:
        story = read_story(connection, an_id(organization, "organization"), an_id(execution, "execution"))
    if as_json:
        print_json(story)
    else:
        show(story_lines(story, datetime.now(UTC)))


@app.command("explain")
def explain_one(
    member: Annotated[
        str,
        typer.Argument(metavar="MEMBER", help="Id of the lead, client or contact, as executions name it."),
    ],
    workflow: Annotated[str, typer.Argument(metavar="WORKFLOW", help="The workflow's id.")],
    organization: Organization,
    dsn: Dsn = None,
    as_json: AsJson = False,
) -> None:
    """Say why a member got, did not get or does not yet get something out of a workflow."""
    owner, named = an_id(organization, "organization"), an_id(workflow, "workflow")
    with session(dsn) as connection:
        today = Today(read_contact(connection, owner, member), datetime.now(UTC))
        found = explain(connection, owner, member, named, load_catalogue(), today)
    if as_json:
        print_json(found)
    else:
        show(explanation_lines(found, today.at))


@app.command("cancel")
def cancel_one(
    execution: Execution, organization: Organization, by: Actor, reason: Reason, dsn: Dsn = None
) -> None:
    """End a live execution; what it has asked for and nobody has begun to send is withdrawn."""
    with session(dsn) as connection:
        owner, named = an_id(organization, "organization"), an_id(execution, "execution")
        cancel(connection, owner, named, By(by, reason))
    print("The execution is asked to end; a worker ends it.")


@app.command("replay")
def replay_one(
    execution: Execution,
    organization: Organization,
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who decides.")] = None,
    reason: Annotated[str | None, typer.Option("--reason", metavar="WHY", help="Why.")] = None,
    send: Annotated[bool, typer.Option("--send", help="Do it, although something may go out.")] = False,
    dsn: Dsn = None,
    as_json: AsJson = False,
) -> None:
    """Let a failed execution go on from the step that failed. What went out before does not go out again.

    Where something may go out this only says what would happen, until --send is added.
    """
    owner, named = an_id(organization, "organization"), an_id(execution, "execution")
    with session(dsn) as connection:
        plan = replay(connection, owner, named, load_catalogue(), None)
        if send or not plan.may_send:
            plan = replay(connection, owner, named, load_catalogue(), By(by or "", reason or ""))
    if as_json:
        print_json(plan)
    else:
        show(replay_lines(plan))


def _place(text: str | None) -> tuple[datetime, str] | None:
    if text is None:
        return None
    at, _, execution = text.partition("/")
    instant = an_instant(at)
    if instant is None or not execution:
        raise InputError(
            f"{text[:80]!r} is no place in a list.", remedy="Give what the page before ended with."
        )
    return instant, an_id(execution, "place")
