"""`atlas dead-letters …`: failed executions by what made them fail, and the replay of all that failed by one cause."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from atlas_workflows.cli.execution_words import show
from atlas_workflows.cli.instants import said
from atlas_workflows.cli.support import AsJson, Dsn, Organization, an_id, an_instant, print_json, session
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.store.dead_letters import Cause, Group, NotReplayed, causes, replay_all
from atlas_workflows.store.steering import By, Replay

app = typer.Typer(no_args_is_help=True, help="Failed executions by cause; replay all of one.")

Workflow = Annotated[str | None, typer.Option(metavar="ID", help="Only of this workflow.")]
Since = Annotated[str | None, typer.Option(metavar="TIME", help="Only those that failed since.")]


@app.command("list")
def list_causes(
    organization: Organization,
    workflow: Workflow = None,
    since: Since = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many causes.")] = 50,
    dsn: Dsn = None,
    as_json: AsJson = False,
) -> None:
    """List what made executions fail, the most frequent cause first."""
    owner, named = an_id(organization, "organization"), _optional(workflow)
    with session(dsn) as connection:
        found = causes(connection, owner, workflow=named, since=an_instant(since), limit=limit)
    if as_json:
        print_json({"causes": [asdict(cause) for cause in found]})
        return
    now = datetime.now(UTC)
    show(_line(cause, now) for cause in found)
    print(f"{sum(cause.executions for cause in found)} failed executions, {len(found)} causes.")


@app.command("replay")
def replay_cause(
    organization: Organization,
    error_class: Annotated[str, typer.Option("--class", metavar="CLASS", help="The error class.")],
    node_type: Annotated[
        str | None, typer.Option(metavar="TYPE", help="Only where a step of this type failed.")
    ] = None,
    pattern: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Only this message, as the list shows it.")
    ] = None,
    workflow: Workflow = None,
    since: Since = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many, the oldest first.")] = 1_000,
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who decides.")] = None,
    reason: Annotated[str | None, typer.Option("--reason", metavar="WHY", help="Why.")] = None,
    send: Annotated[bool, typer.Option("--send", help="Do it; without this it only counts.")] = False,
    dsn: Dsn = None,
    as_json: AsJson = False,
) -> None:
    """Let all that failed by one cause go on from the step that failed. What went out before does not go out again."""
    group = Group(
        an_id(organization, "organization"),
        error_class,
        node_type,
        pattern,
        _optional(workflow),
        an_instant(since),
        limit,
    )
    by_whom = By(by or "", reason or "") if send else None
    found: list[Replay | NotReplayed] = []
    try:
        with session(dsn) as connection:
            for each in replay_all(connection, group, load_catalogue(), by_whom):
                found.append(each)  # noqa: PERF402
    finally:
        # Also where an error ends it in the middle: what was done by then is done.
        _tell(found, send, as_json)


def _tell(found: list[Replay | NotReplayed], send: bool, as_json: bool) -> None:
    refused = [each for each in found if isinstance(each, NotReplayed)]
    going = [each for each in found if not isinstance(each, NotReplayed)]
    if as_json:
        print_json(
            {
                "replayed" if send else "would_replay": [asdict(each) for each in going],
                "refused": [asdict(each) for each in refused],
            }
        )
        return
    show(f"{each.execution}: {each.why}" for each in refused)
    again = sum(len(each.done) for each in going)
    print(
        f"{len(going)} executions {'go' if send else 'would go'} on; {again} effects that were done are not done again."
    )
    if not send and going:
        print("Nothing was done. Add --send --by NAME --reason WHY.")


def _line(cause: Cause, now: datetime) -> str:
    step = f" in {cause.node_type}" if cause.node_type else ""
    return (
        f"{cause.executions} × {cause.error_class}{step}: {cause.pattern} "
        f"({cause.workflows} workflows; the last {said(cause.last_at, now)}: {cause.example})"
    )


def _optional(workflow: str | None) -> str | None:
    return None if workflow is None else an_id(workflow, "workflow")
